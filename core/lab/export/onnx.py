"""ONNX: the whole way from decoded inputs to the answer, written and checked by the package `onnx` (extra `onnx`).

The bytes are the same each time. Images are (N, H, W, features) inside, as in the core; convolutions turn them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np

from core import Array
from core.lab.data.columns import FAR, LARGE
from core.lab.data.notation import MISSING
from core.lab.errors import Refusal
from core.lab.export.graph import Graph, Node

OPSET, OPSET_ML, IR = 20, 3, 9  # the first with Gelu and LayerNormalization; IR 9 came with it
BATCH = "N"
FAR_END = np.iinfo(np.int64).max


class Writer:
    """Nodes of ONNX, named in their order; no name begins with that of an input."""

    def __init__(self, inputs: Iterable[str]) -> None:
        from onnx import helper

        self.make, self.nodes, self.constants, self.stem = helper.make_node, list[Any](), dict[str, Array](), "_"
        while any(name.startswith(self.stem) for name in inputs):
            self.stem += "_"

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        name = f"{self.stem}w{len(self.constants) + 1}"
        self.constants[name] = np.asarray(value, dtype)
        return name

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """One node; the name of its output."""
        name = f"{self.stem}{len(self.nodes) + 1}"
        self.nodes.append(self.make(kind, list(inputs), [name], name=f"{kind}_{len(self.nodes) + 1}", **attributes))
        return name

    def ints(self, *values: int) -> str:
        return self.constant(values, np.int64)


Emit = Callable[[Writer, Node, str], str]


def _affine(b: Writer, node: Node, x: str) -> str:
    weight, bias = node.arrays["weight"], node.arrays.get("bias")
    y = b.op("MatMul", x, b.constant(weight))
    if bias is None:
        return y
    return b.op("Add", y, b.constant(bias if bias.ndim == 1 else bias[:, None]))  # of an ensemble: E, 1, O


def _rms_norm(b: Writer, node: Node, x: str) -> str:
    mean = b.op("ReduceMean", b.op("Mul", x, x), b.ints(-1))
    root = b.op("Sqrt", b.op("Add", mean, b.constant(node.constants["eps"])))
    return b.op("Mul", b.op("Div", x, root), b.constant(node.arrays["scale"]))


def _turned(b: Writer, x: str, kind: str, *rest: str, **attributes: Any) -> str:
    """A node that takes images as (N, features, H, W), for such as are (N, H, W, features)."""
    y = b.op(kind, b.op("Transpose", x, perm=[0, 3, 1, 2]), *rest, **attributes)
    return b.op("Transpose", y, perm=[0, 2, 3, 1])


def _conv2d(b: Writer, node: Node, x: str) -> str:
    k, stride, (before, after) = (node.constants[name] for name in ("kernel", "stride", "padding"))
    weight = node.arrays["weight"].transpose(3, 2, 0, 1)  # O, I, k, k
    rest = [b.constant(node.arrays["bias"])] if "bias" in node.arrays else []
    sides: dict[str, Any] = {"kernel_shape": [k, k], "strides": [stride] * 2, "pads": [before, before, after, after]}
    return _turned(b, x, "Conv", b.constant(weight), *rest, **sides)


def _max_pool2d(b: Writer, node: Node, x: str) -> str:
    k, stride = node.constants["kernel"], node.constants["stride"]
    return _turned(b, x, "MaxPool", kernel_shape=[k, k], strides=[stride] * 2)


def _to_image(b: Writer, node: Node, x: str) -> str:
    S, C = node.constants["side"], node.constants["channels"]
    y = b.op("Sub", b.op("Mul", x, b.constant(4)), b.constant(2))
    y, (a, z) = b.op("Reshape", y, b.ints(-1, S, S, C)), node.constants["frame"]
    return b.op("Pad", y, b.ints(0, a, a, 0, 0, z, z, 0), b.constant(-2)) if a or z else y


def _scaled(b: Writer, node: Node, x: str) -> str:
    return b.op("Add", b.op("Mul", x, b.constant(node.constants["scale"])), b.constant(node.constants["shift"]))


def _to_picture(b: Writer, node: Node, x: str) -> str:
    return b.op("Reshape", x, b.ints(-1, *node.constants["shape"]))


def _gaussians(b: Writer, node: Node, z: str) -> str:
    means, roots, bias = (node.arrays[name] for name in ("means", "roots", "bias"))
    d = b.op("Sub", b.op("Unsqueeze", z, b.ints(0)), b.constant(means[:, None]))  # K, N, Z
    d = b.op("MatMul", d, b.constant(roots))
    far = b.op("ReduceSum", b.op("Mul", d, d), b.ints(-1), keepdims=0)  # K, N
    return b.op("Sub", b.constant(bias), b.op("Mul", b.op("Transpose", far, perm=[1, 0]), b.constant(0.5)))


def _student(b: Writer, node: Node, z: str) -> str:
    d = b.op("Sub", b.op("Unsqueeze", z, b.ints(1)), b.constant(node.arrays["centres"]))  # N, K, Z
    far = b.op("ReduceSum", b.op("Mul", d, d), b.ints(-1), keepdims=0)
    return b.op("Neg", b.op("Log", b.op("Add", far, b.constant(1))))


def _frames(b: Writer, node: Node, x: str) -> str:
    k, hop = node.constants["length"], node.constants["hop"]
    ends = [(i, i - k + 1 or FAR_END) for i in range(k)]
    parts = [b.op("Slice", x, b.ints(i), b.ints(end), b.ints(-2), b.ints(hop)) for i, end in ends]
    return b.op("Concat", *parts, axis=-1)


def _cmvn(b: Writer, node: Node, x: str) -> str:
    both = b.ints(-2, -1)
    low = b.op("Sub", b.op("ReduceMax", x, both), b.constant(node.constants["floor"]))
    x, views = b.op("Max", x, low), []
    for axes in (b.ints(-2), both):
        v = b.op("Sub", x, b.op("ReduceMean", x, axes))
        d = b.op("Sub", v, b.op("ReduceMean", v, both))
        std = b.op("Sqrt", b.op("ReduceMean", b.op("Mul", d, d), both))
        views.append(b.op("Div", v, b.op("Add", std, b.constant(node.constants["eps"]))))
    return b.op("Concat", *views, axis=-1)


def _mean_max_pool(b: Writer, node: Node, x: str) -> str:
    return b.op("Concat", *[b.op(kind, x, b.ints(-2), keepdims=0) for kind in ("ReduceMean", "ReduceMax")], axis=-1)


def _split_members(b: Writer, node: Node, x: str) -> str:
    return b.op("Transpose", b.op("Reshape", x, b.ints(0, node.constants["members"], -1)), perm=[1, 0, 2])


def _constant(b: Writer, node: Node, x: str) -> str:
    """The parameters at each example: what multiplies 0 is not looked at."""
    (value,) = node.arrays.values()
    none = b.op("Mul", b.op("Slice", x, b.ints(0), b.ints(1), b.ints(-1)), b.constant(0))
    return b.op("Add", none, b.constant(value))


def _numeric(b: Writer, column: Any, v: str) -> list[str]:
    """As `Numeric` says; v (N, 1) float64."""

    def number(value: float) -> str:
        return b.constant(value, np.float64)

    missing = b.op("IsNaN", v)
    v = b.op("Clip", v, number(-LARGE), number(LARGE))
    there = b.op("Where", missing, number(column.median), v)
    z = b.op("Sub", b.op("Div", there, number(column.deviation)), number(column.mean / column.deviation))
    z = b.op("Clip", z, number(-FAR), number(FAR))
    return [b.op("Cast", each, to=1) for each in ([z, missing] if column.gaps else [z])]


def _words(b: Writer, column: Any, v: str) -> list[str]:
    """One-hot, as `Categorical` says; every way to write a missing value is one value."""
    place = {value: k for k, value in enumerate(column.values)}
    if "" in place:
        ways = (product(*({c.lower(), c.upper()} for c in text)) for text in sorted(MISSING))
        place |= {"".join(way): place[""] for text in ways for way in sorted(text)}
    k = b.op(
        "LabelEncoder",
        v,
        domain="ai.onnx.ml",
        keys_strings=list(place) or [""],
        values_int64s=list(place.values()) or [0],
        default_int64=len(column.values),
    )
    depth = b.ints(len(column.values) + 1)
    hot = b.op("OneHot", k, depth, b.constant([0, 1]), axis=-1)  # N, 1, C
    return [b.op("Flatten", hot, axis=1)]


def _column(b: Writer, node: Node, v: str) -> str:
    column = node.constants["column"]
    if getattr(column, "cycles", ()):
        raise Refusal(f"ONNX cannot say the calendar of the column {column.name!r}: leave it out with --ignore")
    parts = (_numeric if column.dtype == "float64" else _words)(b, column, v)
    return b.op("Concat", *parts, axis=-1)


def _units(b: Writer, node: Node, x: str) -> str:
    return b.op("Add", b.op("Mul", x, b.constant(node.constants["std"])), b.constant(node.constants["mean"]))


def _clip(b: Writer, node: Node, x: str) -> str:
    return b.op("Min", b.op("Max", x, b.constant(node.constants["low"])), b.constant(node.constants["high"]))


def _half(b: Writer, node: Node, x: str) -> str:
    names = [f"{b.stem}{len(b.nodes) + 1}{half}" for half in ("", "_rest")]
    b.nodes.append(b.make("Split", [x], names, name=f"Split_{len(b.nodes) + 1}", axis=-1, num_outputs=2))
    return names[0]


def _pixels(b: Writer, node: Node, x: str) -> str:
    return b.op("Flatten", b.op("Div", b.op("Cast", x, to=1), b.constant(255)), axis=1)


def _rescale(b: Writer, node: Node, x: str) -> str:
    y = b.op("Sub", x, b.constant(node.constants["mean"]))
    return b.op("Mul", y, b.constant(node.constants["scale"]))


EMIT: dict[str, Emit] = {
    **{"linear": _affine, "ensemble_linear": _affine, "rms_norm": _rms_norm, "rescale": _rescale, "affine": _scaled},
    **{"conv2d": _conv2d, "max_pool2d": _max_pool2d, "to_image": _to_image, "constant": _constant},
    **{"to_picture": _to_picture, "gaussian_memberships": _gaussians, "student_t_memberships": _student},
    **{"frames": _frames, "cmvn": _cmvn, "mean_max_pool": _mean_max_pool, "split_members": _split_members},
    "relu": lambda b, node, x: b.op("Relu", x),
    "sigmoid": lambda b, node, x: b.op("Sigmoid", x),
    "tanh": lambda b, node, x: b.op("Tanh", x),
    "softplus": lambda b, node, x: b.op("Softplus", x),
    "gelu": lambda b, node, x: b.op("Gelu", x, approximate="tanh"),
    "leaky_relu": lambda b, node, x: b.op("LeakyRelu", x, alpha=float(node.constants["slope"])),
    "step": lambda b, node, x: b.op("Cast", b.op("Greater", x, b.constant(0)), to=1),
    "layer_norm": lambda b, node, x: b.op(
        "LayerNormalization", x, *map(b.constant, node.arrays.values()), axis=-1, epsilon=float(node.constants["eps"])
    ),
    "embedding": lambda b, node, x: b.op("Flatten", b.op("Gather", b.constant(node.arrays["table"]), x), axis=1),
    "flatten": lambda b, node, x: b.op("Flatten", x, axis=1),
    **{"input.pixels": _pixels, "input.column": _column},
    **{"output.units": _units, "output.clip": _clip, "output.half": _half},
    "output.row": lambda b, node, x: b.op("Gather", b.constant(node.constants["table"], np.int64), x, axis=0),
    "output.mean": lambda b, node, x: b.op("ReduceMean", x, b.ints(0), keepdims=0),
    "output.softmax": lambda b, node, x: b.op("Softmax", x, axis=-1),
    "output.argmax": lambda b, node, x: b.op("ArgMax", x, axis=-1, keepdims=0),
    "output.above": lambda b, node, x: b.op("Cast", b.op("Greater", x, b.constant(0.5)), to=7),
}
TYPES = {"float32": 1, "uint8": 2, "int64": 7, "string": 8, "float64": 11}  # TensorProto.DataType


def model(graph: Graph, about: Mapping[str, str]) -> bytes:
    """The graph as a checked model, `about` as its metadata. Raises Refusal for a layer that ONNX cannot say."""
    import onnx
    from onnx import helper, numpy_helper

    b, names = Writer(graph.inputs), {f"input:{name}": name for name in graph.inputs}
    for node in graph.nodes:
        names[node.value] = _emitted(b, node, [names[each] for each in node.inputs])
    for name, (value, _, _) in graph.outputs.items():
        b.nodes.append(helper.make_node("Identity", [names[value]], [name], name=name))
    forms = [(n, t, shape) for n, (t, shape) in graph.inputs.items()]
    inputs = [helper.make_tensor_value_info(n, TYPES[t], [BATCH, *shape]) for n, t, shape in forms]
    forms = [(n, t, shape) for n, (_, t, shape) in graph.outputs.items()]
    outputs = [helper.make_tensor_value_info(n, TYPES[t], [BATCH, *shape]) for n, t, shape in forms]
    tensors = [numpy_helper.from_array(array, name) for name, array in b.constants.items()]
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", OPSET_ML)]
    made = helper.make_graph(b.nodes, about["task"], inputs, outputs, tensors)
    whole = helper.make_model(made, opset_imports=opsets, ir_version=IR, producer_name="trivium")
    whole.doc_string = about["about"]
    helper.set_model_props(whole, dict(about))
    whole = onnx.shape_inference.infer_shapes(whole, check_type=True)
    onnx.checker.check_model(whole, full_check=True)
    return whole.SerializeToString(deterministic=True)


def _emitted(b: Writer, node: Node, inputs: list[str]) -> str:
    if node.op == "add":
        return b.op("Add", *inputs)
    if node.op in ("concat", "input.join"):
        return b.op("Concat", *inputs, axis=-1)
    if node.op not in EMIT:
        raise node.refused("ONNX")
    return EMIT[node.op](b, node, *inputs)


def runner(model: bytes) -> tuple[Callable[[Mapping[str, Array]], dict[str, Array]], str]:
    """The model as a function of its inputs, and by what: onnxruntime, or else onnx's own reference."""
    session: Any
    try:
        import onnxruntime

        session, by = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]), "onnxruntime"
        names = [each.name for each in session.get_outputs()]
    except ImportError:
        from onnx.reference import ReferenceEvaluator

        session, by = ReferenceEvaluator(model), "the reference of onnx"
        names = session.output_names
    return lambda given: dict(zip(names, session.run(names, dict(given)), strict=True)), by
