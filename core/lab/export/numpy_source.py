"""One file of Python that answers with NumPy alone, and its weights beside it: at most 80 lines, no import of ours.

It holds the functions of those layers that the network has, and no others. Python that a person reads: layers stand
inside one another as long as a line holds them.
"""

from __future__ import annotations

import itertools
import json
import textwrap
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.checkpoint import written
from core.lab.data.columns import FAR, LARGE
from core.lab.data.notation import MISSING
from core.lab.errors import Refusal
from core.lab.export.graph import Graph, Node
from core.lab.files import write_text
from core.lab.terminal import printable

LINES, WIDTH = 80, 116

# op: how it is called - {0} its first input, {k} where its arrays lie in W, {NAME} a constant - and its function
CALLS: dict[str, tuple[str, str]] = {
    "linear": ("linear({0}, {k})", "return x @ W[k + '.weight'] + W.get(k + '.bias', 0)"),
    "ensemble_linear": ("linear({0}, {k})", "return x @ W[k + '.weight'] + W.get(k + '.bias', 0)"),
    "relu": ("np.maximum({0}, 0)", ""),
    "tanh": ("np.tanh({0})", ""),
    "sigmoid": ("sigmoid({0})", "return 0.5 * np.tanh(0.5 * x) + 0.5"),
    "softplus": ("np.logaddexp(0, {0})", ""),
    "gelu": ("gelu({0})", "return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))"),
    "leaky_relu": ("leaky_relu({0}, {slope})", "return np.where(x > 0, x, slope * x)"),
    "step": ("({0} > 0).astype('float32')", ""),
    "rescale": ("rescale({0}, {k})", "return (x - W[k + '.mean']) * W[k + '.scale']"),
    "affine": ("affine({0}, {k})", "return x * W[k + '.scale'] + W[k + '.shift']"),
    "layer_norm": (
        "layer_norm({0}, {k}, {eps})",
        "z = x - x.mean(-1, keepdims=True)\n"
        "z = z / np.sqrt((z * z).mean(-1, keepdims=True) + eps)\n"
        "return z * W[k + '.scale'] + W[k + '.shift']",
    ),
    "rms_norm": (
        "rms_norm({0}, {k}, {eps})",
        "return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * W[k + '.scale']",
    ),
    "embedding": ("embedding({0}, {k})", "return W[k + '.table'][x].reshape(len(x), -1)"),
    "flatten": ("flatten({0})", "return x.reshape(len(x), -1)"),
    "to_image": (
        "to_image({0}, {side}, {channels}, {frame})",
        "x = (4 * x - 2).reshape(-1, side, side, channels)\n"
        "return np.pad(x, ((0, 0), frame, frame, (0, 0)), constant_values=-2)",
    ),
    "to_picture": ("{0}.reshape(-1, *{shape})", ""),
    "gaussian_memberships": (
        "gaussians({0}, {k})",
        "d = (x - W[k + '.means'][:, None]) @ W[k + '.roots']\nreturn W[k + '.bias'] - 0.5 * (d**2).sum(-1).T",
    ),
    "student_t_memberships": (
        "student_t({0}, {k})",
        "return -np.log(1 + ((x[:, None] - W[k + '.centres']) ** 2).sum(-1))",
    ),
    "conv2d": (
        "conv2d({0}, {k}, {kernel}, {stride}, {padding})",
        "x = np.pad(x, ((0, 0), padding, padding, (0, 0)))\n"
        "x = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), (1, 2))[:, ::stride, ::stride]\n"
        "return np.tensordot(x, W[k + '.weight'], ((4, 5, 3), (0, 1, 2))) + W.get(k + '.bias', 0)",
    ),
    "max_pool2d": (
        "max_pool2d({0}, {kernel}, {stride})",
        "x = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), (1, 2))\n"
        "return x[:, ::stride, ::stride].max((-2, -1))",
    ),
    "frames": (
        "frames({0}, {length}, {hop})",
        "last = (x.shape[1] - length) // hop * hop + 1\n"
        "return np.concatenate([x[:, i : i + last : hop] for i in range(length)], -1)",
    ),
    "cmvn": (
        "cmvn({0}, {floor}, {eps})",
        "x = np.maximum(x, x.max((1, 2), keepdims=True) - np.float32(floor))\n"
        "views = [x - x.mean(1, keepdims=True), x - x.mean((1, 2), keepdims=True)]\n"
        "return np.concatenate([v / (v.std((1, 2), keepdims=True) + np.float32(eps)) for v in views], -1)",
    ),
    "mean_max_pool": ("mean_max_pool({0})", "return np.concatenate([x.mean(1), x.max(1)], -1)"),
    "split_members": ("split_members({0}, {members})", "return np.moveaxis(x.reshape(len(x), members, -1), 1, 0)"),
    "add": ("({0} + {1})", ""),
    "concat": ("np.concatenate([{all}], -1)", ""),
    "constant": ("np.broadcast_to(W[{k} + '.log_s'], (len({0}), len(W[{k} + '.log_s'])))", ""),
    "input.pixels": ("({0}.reshape(len({0}), -1) / np.float32(255))", ""),
    "input.join": (
        "encoded(columns)",
        "parts = []\n"
        "for k, name in enumerate(W['columns']):\n"
        "    p, v = W[f'column.{k}'], columns[str(name)]\n"
        "    if p.dtype.kind == 'U':  # one-hot, the last place for all other words\n"
        "        place = {str(text): i for i, text in enumerate(p)}\n"
        f"        words = ['' if text.lower() in {sorted(MISSING)} else text for text in v]\n"
        "        parts.append(np.eye(len(p) + 1)[[place.get(text, -1) for text in words]])\n"
        "        continue\n"
        f"    mean, deviation, median, gaps = p\n"
        f"    v = np.clip(np.asarray(v, float), -{LARGE}, {LARGE})\n"
        "    z = np.where(np.isnan(v), median, v) / deviation - mean / deviation\n"
        f"    parts.append(np.stack([np.clip(z, -{FAR}, {FAR}), np.isnan(v)][: 1 + int(gaps)], 1))\n"
        "return np.concatenate(parts, 1).astype('float32')",
    ),
    "output.row": ("W[{k} + '.table'][{0}].astype('int64')", ""),
    "output.mean": ("{0}.mean(0)", ""),
    "output.softmax": (
        "softmax({0})",
        "p = np.exp(x - x.max(-1, keepdims=True))\nreturn p / p.sum(-1, keepdims=True)",
    ),
    "output.argmax": ("{0}.argmax(-1)", ""),
    "output.above": ("({0} > 0.5).astype('int64')", ""),
    "output.units": ("({0} * W[{k} + '.std'] + W[{k} + '.mean'])", ""),
    "output.clip": ("np.clip({0}, W[{k} + '.low'], W[{k} + '.high'])", ""),
    "output.half": ("np.split({0}, 2, -1)[0]", ""),
}
HELD = "rescale", "affine", "output.units", "output.clip", "output.row"  # whose constants lie in W


class Source:
    """The lines of `answer`, and the arrays that they need."""

    def __init__(self, graph: Graph) -> None:
        self.arrays, self.lines, self.uses = dict[str, Array](), list[str](), Counter[str]()
        columns = [node.constants["column"] for node in graph.nodes if node.op == "input.column"]
        self.argument = "columns" if columns else next(iter(graph.inputs))
        self.said = {f"input:{self.argument}": self.argument}
        for node in graph.nodes:
            self.uses.update(node.inputs)
        self.uses.update(value for value, _, _ in graph.outputs.values())
        self.columns(columns)
        for node in graph.nodes:
            if node.op != "input.column":
                self.said[node.value] = self.call(node)
        results = [f"{name!r}: {self.said[value]}" for name, (value, _, _) in graph.outputs.items()]
        self.lines.append(f"return {{{', '.join(results)}}}")

    def columns(self, columns: list[Any]) -> None:
        for k, column in enumerate(columns):
            if getattr(column, "cycles", ()):
                raise Refusal(f"the calendar of the column {column.name!r} is not exported: leave it out with --ignore")
            numbers = column.dtype == "float64"
            form = [column.mean, column.deviation, column.median, column.gaps] if numbers else column.values
            self.arrays[f"column.{k}"] = np.array(form, np.float64 if numbers else np.str_)
        if columns:
            self.arrays["columns"] = np.array([column.name for column in columns])

    def call(self, node: Node) -> str:
        """The node as an expression; what does not fit into a line, or is used twice, becomes a line before it."""
        if node.op not in CALLS:
            raise node.refused("the file of NumPy")
        k = node.path or node.op.rpartition(".")[2]
        held = {name: each for name, each in node.constants.items() if node.op in HELD}
        for name, array in {**node.arrays, **held}.items():
            wide = array[:, None] if node.op == "ensemble_linear" and name == "bias" else array  # E, 1, O
            self.arrays[f"{k}.{name}"] = np.asarray(wide, np.float32)
        if node.op == "input.join":
            return self.kept(node, CALLS[node.op][0])
        form, inputs = CALLS[node.op][0], [self.said[each] for each in node.inputs]
        if len(inputs) > 1 or form.count("{0}") > 1:
            inputs = [self.named(each) for each in inputs]
        expression = self.filled(form, inputs, k, node)
        if len(expression) > WIDTH - 20:
            expression = self.filled(form, [self.named(each) for each in inputs], k, node)
        return self.kept(node, expression)

    def filled(self, form: str, inputs: list[str], k: str, node: Node) -> str:
        return form.format(*inputs, all=", ".join(inputs), k=repr(k), **node.constants)

    def kept(self, node: Node, expression: str) -> str:
        return self.named(expression) if self.uses[node.value] > 1 else expression

    def named(self, expression: str) -> str:
        """The name of a value that is made on a line of its own."""
        if expression.isidentifier():
            return expression
        name = f"v{len(self.lines) + 1}"
        self.lines.append(f"{name} = {expression}")
        return name


def source(graph: Graph, about: Mapping[str, str], weights: str) -> tuple[str, dict[str, Array]]:
    """The text, and the arrays. Raises Refusal for a layer that it cannot say, and for more than LINES lines."""
    body = Source(graph)
    forms = ", ".join(f"(N, {', '.join(map(str, shape))}) {kind}" for kind, shape in set(graph.inputs.values()))
    given = f"{body.argument}: {forms}" if body.argument != "columns" else "columns: a dict, N numbers or texts a name"
    words = printable(f"{about['task']}. {about['about']}").replace("\\", "/").replace('"', "'")
    head = ['"""Answers with NumPy alone.', "", *textwrap.wrap(words, WIDTH), ""]
    head += [f"{given} -> {', '.join(graph.outputs)}"]
    head += [f"w_sha256: {about['w_sha256']}", '"""', "", "import sys", "from pathlib import Path", ""]
    head += ["import numpy as np", ""]
    head += [f"W = dict(np.load(Path(__file__).with_name({json.dumps(weights)}), allow_pickle=False))"]
    functions = dict[str, list[str]]()
    for node in graph.nodes:
        call, code = CALLS.get(node.op, ("", ""))
        if code:
            name, _, rest = call.partition("(")
            rest = rest.replace("{0}", "x").replace("{", "").replace("}", "")
            functions[name] = ["", "", f"def {name}({rest}:", *(f"    {line}" for line in code.split("\n"))]
    answer = ["", "", f"def answer({body.argument}):", *(f"    {line}" for line in body.lines)]
    main = ["", "", 'if __name__ == "__main__":', "    print(answer(np.load(sys.argv[1], allow_pickle=False)))"]
    written_out = (line.replace("'", '"') for line in (*itertools.chain(*functions.values()), *answer))
    lines = [*head, *written_out, *main]
    if len(lines) > LINES:
        raise Refusal(f"the network takes {len(lines)} lines of NumPy, more than {LINES}: export it as .onnx")
    return "\n".join(lines) + "\n", body.arrays


def write(path: Path, graph: Graph, about: Mapping[str, str]) -> Path:
    """Writes `path` and its weights beside it, whose path it gives."""
    weights = path.with_suffix(".npz")
    text, arrays = source(graph, about, weights.name)
    if "classes" in about:
        arrays["classes"] = np.array(json.loads(about["classes"]), np.str_)
    with written(weights) as aside, open(aside, "wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    write_text(path, text)
    return weights
