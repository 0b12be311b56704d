"""A network, with what stands before and behind it, as a list of nodes: what the writers of files go through.

Each node makes one value, called v1, v2, ... out of earlier ones, or of inputs, which are called "input:NAME". `op` is
that of a layer of the core, or begins with "input." or "output.".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from core import Array, Layer
from core.lab.errors import Refusal
from core.lab.signature import Choice, Classes, Columns, Ids, Labels, Numbers, Pixels, Signature, Values

SILENT = frozenset({"identity", "dropout", "token_dropout"})  # layers that answer with what they are given


@dataclass(frozen=True)
class Node:
    """value = op(inputs), with the parameters of a layer as `arrays` and its constants."""

    op: str
    inputs: tuple[str, ...]
    value: str
    arrays: Mapping[str, Array] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""  # where the layer is in the network: 2.0 is the first part of the third

    def refused(self, kind: str) -> Refusal:
        """That a file of this kind cannot hold the node."""
        what = f"the layer {self.path} ({self.op})" if self.path else f"the layer {self.op}"
        return Refusal(f"{kind} cannot say {what} of this network")


@dataclass
class Graph:
    """`inputs`: name -> (dtype, the shape of one example); `outputs`: name -> (value, dtype, shape)."""

    inputs: dict[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    outputs: dict[str, tuple[str, str, tuple[int, ...]]] = field(default_factory=dict)

    def add(
        self,
        op: str,
        *inputs: str,
        path: str = "",
        arrays: Mapping[str, Array] | None = None,
        constants: Mapping[str, Any] | None = None,
    ) -> str:
        """One more node; the name of its value."""
        value = f"v{len(self.nodes) + 1}"
        self.nodes.append(Node(op, inputs, value, arrays or {}, constants or {}, path))
        return value

    def input(self, name: str, dtype: str, shape: tuple[int, ...]) -> str:
        """One more input; how nodes call it."""
        self.inputs[name] = dtype, shape
        return f"input:{name}"

    def layer(self, net: Layer, w: Array, x: str, path: str = "") -> str:
        """The nodes of a layer, and of those inside it. Raises Refusal for one that has not said what it is."""
        ends = list(pairwise([0, *accumulate(part.size for part in net.parts)]))
        inner = [
            (part, w[a:b], f"{path}.{k}".lstrip("."))
            for k, (part, (a, b)) in enumerate(zip(net.parts, ends, strict=True))
        ]
        match net.op:
            case "sequential":
                for part, own, at in inner:
                    x = self.layer(part, own, x, at)
                return x
            case "residual":
                return self.add("add", x, self.layer(net.parts[0], w, x, f"{path}.0".lstrip(".")), path=path)
            case "concat":
                return self.add("concat", *[self.layer(part, own, x, at) for part, own, at in inner], path=path)
            case "":
                where = f"the layer {path}" if path else "this network"
                raise Refusal(f"{where} says in no `op` what it is, so that it cannot be exported")
            case op if op in SILENT:
                return x
            case "one_hot":  # of ids that are few: as a table
                table = net.forward(np.arange(math.prod(net.constants["sizes"]))[:, None], w, None)[0]
                return self.add("embedding", x, path=path, arrays={"table": table})
            case op:
                arrays = {name: np.array(view, np.float32) for name, view in net.views(w).items()}
                return self.add(op, x, path=path, arrays=arrays, constants=net.constants)

    def output(self, name: str, value: str, dtype: str, *shape: int) -> None:
        """One more output. A name that an input has already is followed by _."""
        while name in self.inputs:
            name += "_"
        self.outputs[name] = value, dtype, shape

    @property
    def layers(self) -> list[Node]:
        """The nodes between input and output."""
        return [node for node in self.nodes if not node.op.startswith(("input.", "output."))]


def graph_of(signature: Signature) -> Graph:
    """All from the decoded inputs to the answer. Raises Refusal for what has no name."""
    graph = Graph()
    x = graph.layer(signature.net, signature.w, _input(graph, signature.inputs))
    y = signature.net(signature.inputs.examples(signature.inputs.sample(np.random.default_rng(0), 2)), signature.w)[0]
    _output(graph, signature.outputs, x, y.shape[-1], y.ndim == 3)
    return graph


def _input(graph: Graph, inputs: Any) -> str:
    """x, out of the decoded inputs."""
    match inputs:
        case Pixels(shape):
            return graph.add("input.pixels", graph.input("pixels", "uint8", shape))
        case Ids(length):
            return graph.input("ids", "int64", (length,))
        case Columns(columns):
            names = [graph.input(each.name, each.dtype, (1,)) for each in columns]
            parts = zip(names, columns, strict=True)
            return graph.add(
                "input.join", *[graph.add("input.column", name, constants={"column": each}) for name, each in parts]
            )
        case _:
            return graph.input("x", "float32", inputs.shape)


def _output(graph: Graph, outputs: Any, y: str, O: int, members: bool) -> None:
    """The answer, out of y (N, O), or (K, N, O) of K members."""

    def pooled(y: str) -> str:
        return graph.add("output.mean", y) if members else y

    match outputs:
        case Classes():
            p = pooled(graph.add("output.softmax", y))
            graph.output("label", graph.add("output.argmax", p), "int64")
            graph.output("probabilities", p, "float32", O)
        case Labels():
            p = pooled(graph.add("sigmoid", y, path="output"))
            graph.output("label", graph.add("output.above", p), "int64", O)
            graph.output("probabilities", p, "float32", O)
        case Values(_, mean, std):
            units = _arrays(std=std, mean=mean)
            graph.output("value", graph.add("output.units", pooled(y), constants=units), "float32", O)
        case Choice():
            y = pooled(y)
            action = graph.add("output.argmax", y)
            if outputs.table is not None:
                action = graph.add("output.row", action, constants={"table": outputs.table.astype(np.int64)})
            graph.output("action", action, "int64", *(() if outputs.table is None else outputs.table.shape[1:]))
            graph.output("scores", y, "float32", O)
        case Numbers(tanh, scale, middle, low, high):
            m = graph.add("output.half", pooled(y))
            m = graph.add("tanh", m, path="output") if tanh else m
            m = graph.add("output.units", m, constants=_arrays(std=scale, mean=middle))
            cut = np.isfinite(low).any() or np.isfinite(high).any()
            m = graph.add("output.clip", m, constants=_arrays(low=low, high=high)) if cut else m
            graph.output("action", m, "float32", O // 2)


def _arrays(**values: Any) -> dict[str, Array]:
    return {name: np.asarray(value, np.float32) for name, value in values.items()}
