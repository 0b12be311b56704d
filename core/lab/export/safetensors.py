"""The weights as PyTorch's `torch.nn.Sequential` names them and lays them out: net.load_state_dict(load_file(FILE)).

The texts of the file hold the lines that build the network. PyTorch's images are (N, C, H, W); the first Linear behind
a Flatten is turned accordingly. A network that is no chain of PyTorch's own modules is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, chain
from core.checkpoint import written
from core.lab.errors import Refusal
from core.lab.signature import Ids, Signature

KIND = "a torch.nn.Sequential"
PLAIN = {
    "relu": "ReLU()",
    "tanh": "Tanh()",
    "sigmoid": "Sigmoid()",
    "softplus": "Softplus()",
    "gelu": 'GELU(approximate="tanh")',
    "identity": "Identity()",
    "token_dropout": "Identity()",
}


class Modules:
    """The modules so far, and their arrays by name."""

    def __init__(self) -> None:
        self.lines, self.arrays = list[str](), dict[str, Array]()
        self.turn: tuple[int, ...] | None = None  # (H, W, F) of the images that were flattened
        self.before: tuple[Any, Any] | None = None  # mean and scale that the next Linear takes in

    def add(self, module: str, **arrays: Array) -> None:
        for name, array in arrays.items():
            self.arrays[f"{len(self.lines)}.{name}"] = np.ascontiguousarray(array, np.float32)
        self.lines.append(module)

    def linear(self, weight: Array, bias: Array | None) -> None:
        I, O = weight.shape
        if self.before is not None:
            mean, scale = (np.broadcast_to(np.asarray(each, np.float64), (I,)) for each in self.before)
            weight = scale[:, None] * weight
            bias = (0 if bias is None else bias) - mean @ weight
            self.before = None
        if self.turn is not None:  # rows in the order H, W, F -> F, H, W
            weight = weight.reshape(*self.turn, O).transpose(2, 0, 1, 3).reshape(I, O)
            self.turn = None
        self.add(f"Linear({I}, {O}{'' if bias is not None else ', bias=False'})", weight=weight.T, **_bias(bias))

    def conv2d(self, weight: Array, bias: Array | None, constants: Mapping[str, Any]) -> None:
        k, _, I, O = weight.shape
        before, after = constants["padding"]
        if before != after:
            self.add(f"ZeroPad2d(({before}, {after}, {before}, {after}))")
        options = f"stride={constants['stride']}, padding={before if before == after else 0}"
        options += "" if bias is not None else ", bias=False"
        self.add(f"Conv2d({I}, {O}, {k}, {options})", weight=weight.transpose(3, 2, 0, 1), **_bias(bias))


def _bias(bias: Array | None) -> dict[str, Array]:
    return {} if bias is None else {"bias": bias}


def modules(signature: Signature) -> Modules:
    """The chain of modules. Raises Refusal for a layer that is none of PyTorch's, by its place and name."""
    made, inputs = Modules(), signature.inputs
    x = inputs.examples(inputs.sample(np.random.default_rng(0), 1))
    for k, (layer, w) in enumerate(chain(signature.net, signature.w)):
        views, at = layer.views(w), layer.constants
        if made.before is not None and layer.op not in ("linear", "dropout"):
            raise Refusal(f"{KIND} cannot say the layer {k - 1} (rescale) where no linear layer follows")
        match layer.op:
            case "linear":
                made.linear(views["weight"], views.get("bias"))
            case "rescale":
                made.before = at["mean"], at["scale"]
            case "affine":
                made.before = -at["shift"] / at["scale"], at["scale"]
            case "conv2d":
                made.conv2d(views["weight"], views.get("bias"), at)
            case "max_pool2d":
                made.add(f"MaxPool2d({at['kernel']}, {at['stride']})")
            case "flatten":
                made.turn = x.shape[1:]
                made.add("Flatten()")
            case "to_image":
                C, (a, z) = at["channels"], at["frame"]
                made.add(f"Conv2d({C}, {C}, 1)", weight=4 * np.eye(C)[..., None, None], bias=np.full(C, -2.0))
                if a or z:
                    made.add(f"ConstantPad2d(({a}, {z}, {a}, {z}), -2.0)")
            case "layer_norm" if x.ndim == 2:
                made.add(f"LayerNorm({x.shape[-1]}, {at['eps']})", weight=views["scale"], bias=views["shift"])
            case "rms_norm" if x.ndim == 2:
                made.add(f"RMSNorm({x.shape[-1]}, {at['eps']})", weight=views["scale"])
            case "embedding":
                V, E = views["table"].shape
                made.add(f"Embedding({V}, {E})", weight=views["table"])
                made.add("Flatten()")
            case "leaky_relu":
                made.add(f"LeakyReLU({at['slope']})")
            case "dropout":
                made.add(f"Dropout({at['p']})")
            case op if op in PLAIN:
                made.add(PLAIN[op])
            case op:
                what = f"{op or 'that has no op'}{', at each place' if op.endswith('_norm') else ''}"
                raise Refusal(f"{KIND} cannot say the layer {k} ({what}) of this network")
        x = layer.forward(x, w, None)[0]
    return made


def write(path: Path, signature: Signature, about: Mapping[str, str]) -> None:
    """Writes the arrays, and the lines of Python under the one text `torch`."""
    from safetensors.numpy import save_file

    made = modules(signature)
    rows = "ids (N, K)" if isinstance(signature.inputs, Ids) else "x (N, features)"
    takes = "images (N, C, H, W)" if "Conv2d" in made.lines[0] else rows
    notes = [f"# {name}: {' '.join(text.split())}" for name, text in about.items()]
    before = f"# takes {takes}, as they are encoded; gives the outputs before any softmax"
    lines = ["import torch", "net = torch.nn.Sequential(", *(f"    torch.nn.{line}," for line in made.lines), ")"]
    use = ["from safetensors.torch import load_file", f"net.load_state_dict(load_file({path.name!r}))", "net.eval()"]
    with written(path) as aside:
        save_file(made.arrays, aside, metadata={"torch": "\n".join([*notes, before, *lines, *use])})
