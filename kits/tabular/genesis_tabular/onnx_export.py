"""The whole model as one ONNX graph: design, members, ensemble, bend, bounds and the scale of the intervals.

Input `x`: float32 [rows, base columns], NaN where missing, categories as their index. Outputs: `y` float32 [rows, 1] and, where
intervals have a scale of their own at each row, `scale` float32 [rows, 1]; for a classification `probabilities` [rows, classes].
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .ensemble import Bend
from .features import Design
from .members import Boosted, Forest, Kernel, Linear, flat
from .scaling import FARTHEST, Scaling
from .search import Model
from .trees import ensemble_attributes

OPSET = 17
ML_OPSET = 3
IR_VERSION = 9


class Graph:
    """Nodes and constants of a graph under way. Each method gives the name of what it adds."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, kind: str, *inputs: str, out: str | None = None, domain: str = "", **attributes: Any) -> str:
        name = out or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], domain=domain, **attributes))
        return name

    def float32(self, value: str) -> str:
        return self.add("Cast", value, to=TensorProto.FLOAT)

    def float64(self, value: str) -> str:
        return self.add("Cast", value, to=TensorProto.DOUBLE)

    def trees(self, design: str, trees: list[Any], weights: list[float]) -> str:
        return self.add("TreeEnsembleRegressor", design, domain="ai.onnx.ml", **ensemble_attributes(trees, weights))


def to_onnx(model: Model, design: Design, base_columns: int) -> onnx.ModelProto:
    graph = Graph()
    made = _design(graph, design)
    outputs = [_classes(graph, made, model)] if model.classes else [_value(graph, made, model)]
    if model.intervals is not None and model.intervals.scale is not None:
        scale = model.intervals.scale
        trees = scale.trees()
        log = graph.trees(made, trees, [1.0] * len(trees))
        low, high = (graph.constant(np.float32(bound)) for bound in model.intervals.log_scale_bounds)
        graph.add("Exp", graph.add("Clip", log, low, high), out="scale")
        outputs.append(helper.make_tensor_value_info("scale", TensorProto.FLOAT, ["rows", 1]))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", base_columns])
    whole = helper.make_graph(graph.nodes, "genesis_tabular", [x], outputs, graph.constants)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    proto = helper.make_model(whole, opset_imports=opsets, producer_name="genesis_tabular", ir_version=IR_VERSION)
    onnx.checker.check_model(proto)
    return proto


def _design(graph: Graph, design: Design) -> str:
    """The design matrix: gathers, replacements and comparisons, no arithmetic."""
    at = np.array([column for _, column, _ in design.take], dtype=np.int64)
    fill = np.array([value if what == "number" else 0.0 for what, _, value in design.take], dtype=np.float32)
    taken = graph.add("Gather", "x", graph.constant(at), axis=1)
    missing = graph.add("IsNaN", taken)
    made = graph.add("Where", missing, graph.constant(fill), taken)
    kinds = np.array([what for what, _, _ in design.take])
    if (kinds == "missing").any():
        flags = graph.float32(missing)
        made = graph.add("Where", graph.constant(kinds == "missing"), flags, made)
    if (kinds == "level").any():
        level = np.array([value if what == "level" else 0.0 for what, _, value in design.take], dtype=np.float32)
        equal = graph.float32(graph.add("Equal", taken, graph.constant(level)))
        made = graph.add("Where", graph.constant(kinds == "level"), equal, made)
    return made


def _scaled(graph: Graph, design: str, scaling: Scaling) -> str:
    taken = graph.float64(graph.add("Gather", design, graph.constant(scaling.columns.astype(np.int64)), axis=1))
    scaled = graph.add("Div", graph.add("Sub", taken, graph.constant(scaling.mean)), graph.constant(scaling.deviation))
    clipped = graph.add("Clip", scaled, graph.constant(np.float64(-FARTHEST)), graph.constant(np.float64(FARTHEST)))
    return (
        clipped
        if scaling.stretch is None
        else graph.add("Mul", clipped, graph.constant(np.asarray(scaling.stretch, dtype=np.float64)))
    )


def _kernel(graph: Graph, design: str, member: Kernel, weight: float) -> str:
    """float64 [rows, 1]"""
    x = _scaled(graph, design, member.scaling)
    axes = graph.constant(np.array([1], dtype=np.int64))
    squares = graph.add("ReduceSum", graph.add("Mul", x, x), axes, keepdims=1)
    product = graph.add("MatMul", x, graph.constant(-2.0 * member.support.T))
    sums = graph.add("Add", graph.add("Add", squares, product), graph.constant(member.support_squares()[None, :]))
    squared = graph.add("Max", sums, graph.constant(np.float64(0)))
    if member.kernel == "rbf":
        value = graph.add("Exp", graph.add("Neg", squared))
    else:
        distance = graph.add("Sqrt", graph.add("Mul", squared, graph.constant(np.float64(5))))
        third = graph.add("Mul", squared, graph.constant(np.float64(5 / 3)))
        front = graph.add("Add", graph.add("Add", distance, third), graph.constant(np.float64(1)))
        value = graph.add("Mul", front, graph.add("Exp", graph.add("Neg", distance)))
    found = graph.add("MatMul", value, graph.constant(weight * member.alpha[:, None]))
    return graph.add("Add", found, graph.constant(np.float64(weight * member.offset)))


def _linear(graph: Graph, design: str, member: Linear) -> str:
    """float64 [rows, outputs]"""
    product = graph.add("MatMul", _scaled(graph, design, member.scaling), graph.constant(member.coefficients))
    return graph.add("Add", product, graph.constant(member.offset[None, :]))


def _value(graph: Graph, design: str, model: Model) -> onnx.ValueInfoProto:
    """One tree ensemble for all trees, and the other members beside it."""
    trees: list[Any] = []
    weights: list[float] = []
    terms: list[str] = []
    for member, weight in (pair for one, share in model.members for pair in flat(one, share)):
        if isinstance(member, (Boosted, Forest)):
            own = member.trees()
            trees += own
            weights += [weight] * len(own)
        elif isinstance(member, Kernel):
            terms.append(_kernel(graph, design, member, weight))
        else:
            terms.append(graph.add("Mul", _linear(graph, design, member), graph.constant(np.float64(weight))))
    if trees:
        terms.append(graph.float64(graph.trees(design, trees, weights)))
    total = graph.add("Sum", *terms)
    if model.bend is not None:
        total = _bend(graph, total, model.bend)
    if model.bounds is not None:
        low, high = (graph.constant(np.float64(bound)) for bound in model.bounds)
        total = graph.add("Clip", total, low, high)
    graph.add("Cast", total, to=TensorProto.FLOAT, out="y")
    return helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 1])


def _bend(graph: Graph, total: str, bend: Bend) -> str:
    """A piecewise linear function as its value at the first knot and the rise over each piece."""
    widths = np.diff(bend.knots)
    slopes = np.diff(bend.added) / widths
    beyond = graph.add(
        "Max", graph.add("Sub", total, graph.constant(bend.knots[None, :-1])), graph.constant(np.float64(0))
    )
    within = graph.add("Min", beyond, graph.constant(widths[None, :]))
    rise = graph.add("MatMul", within, graph.constant(slopes[:, None]))
    return graph.add("Add", graph.add("Add", total, rise), graph.constant(np.float64(bend.added[0])))


def _classes(graph: Graph, design: str, model: Model) -> onnx.ValueInfoProto:
    terms = []
    for member, weight in (pair for one, share in model.members for pair in flat(one, share)):
        if isinstance(member, Boosted):
            own = member.trees()
            score = graph.float64(graph.trees(design, own, [1.0] * len(own)))
            if model.classes == 2:
                yes = graph.add("Sigmoid", score)
                chances = graph.add("Concat", graph.add("Sub", graph.constant(np.float64(1)), yes), yes, axis=1)
            else:
                chances = graph.add("Softmax", score, axis=1)
        elif isinstance(member, Forest):
            own = member.trees()
            chances = graph.float64(graph.trees(design, own, [1.0] * len(own)))
        else:
            chances = graph.add("Softmax", _linear(graph, design, member), axis=1)
        terms.append(graph.add("Mul", chances, graph.constant(np.float64(weight))))
    graph.add("Cast", graph.add("Sum", *terms), to=TensorProto.FLOAT, out="probabilities")
    return helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["rows", model.classes])
