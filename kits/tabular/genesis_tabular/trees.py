"""Trees of LightGBM and scikit-learn in one plain form, for ONNX.

A row goes left where `value <= threshold`. The libraries compare a float64 threshold, ONNX a float32 one. Design values are float32,
so rounding each threshold *down* to float32 keeps every comparison as it was; rounding to the nearest would flip rows that lie just
above a threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


def float32_below(threshold: np.ndarray) -> np.ndarray:
    """The largest float32 that is not above each float64."""
    wide = np.asarray(threshold, dtype=np.float64)
    near = wide.astype(np.float32)
    return np.where(near.astype(np.float64) > wide, np.nextafter(near, np.float32(-np.inf)), near)


@dataclass
class Tree:
    """Arrays over nodes; a leaf has `left` -1. `value` is [nodes, targets] and counts at leaves alone."""

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray


def of_forest(forest: Any, columns: np.ndarray) -> list[Tree]:
    """Trees of a scikit-learn forest, whose sum is its prediction (class shares for a classifier)."""
    found = []
    for one in forest.estimators_:
        tree = one.tree_
        value = tree.value[:, 0, :]
        if hasattr(forest, "classes_"):
            value = value / value.sum(axis=1, keepdims=True)
        leaf = tree.children_left < 0
        found.append(
            Tree(
                feature=columns[np.where(leaf, 0, tree.feature)],
                threshold=float32_below(np.where(leaf, 0.0, tree.threshold)),
                left=np.where(leaf, -1, tree.children_left),
                right=np.where(leaf, -1, tree.children_right),
                value=value / len(forest.estimators_),
            )
        )
    return found


def of_booster(booster: Any, rounds: int, columns: np.ndarray, targets: int) -> list[Tree]:
    """Trees of a LightGBM booster, whose sum is its raw score. With several targets, tree i belongs to target i modulo their number."""
    dumped = booster.dump_model(num_iteration=rounds)["tree_info"]
    return [_of_dumped(one["tree_structure"], at % targets, targets, columns) for at, one in enumerate(dumped)]


def _of_dumped(root: dict[str, Any], target: int, targets: int, columns: np.ndarray) -> Tree:
    nodes: list[tuple[int, float, int, int, float]] = []
    waiting: list[tuple[dict[str, Any], int, str]] = [(root, -1, "")]
    children: dict[tuple[int, str], int] = {}
    while waiting:
        node, parent, side = waiting.pop()
        at = len(nodes)
        children[(parent, side)] = at
        if "split_feature" in node:
            if node["decision_type"] != "<=":
                raise ValueError(f"a split of kind {node['decision_type']}")
            nodes.append((int(columns[node["split_feature"]]), node["threshold"], 0, 0, 0.0))
            waiting.append((node["right_child"], at, "right"))
            waiting.append((node["left_child"], at, "left"))
        else:
            nodes.append((0, 0.0, -1, -1, node["leaf_value"]))
    value = np.zeros((len(nodes), targets))
    value[:, target] = [node[4] for node in nodes]
    inner = [node[2] == 0 for node in nodes]
    return Tree(
        feature=np.array([node[0] for node in nodes]),
        threshold=float32_below(np.array([node[1] for node in nodes])),
        left=np.array([children[(at, "left")] if inside else -1 for at, inside in enumerate(inner)]),
        right=np.array([children[(at, "right")] if inside else -1 for at, inside in enumerate(inner)]),
        value=value,
    )


def ensemble_attributes(trees: list[Tree], weights: list[float]) -> dict[str, Any]:
    """Attributes of one ONNX `TreeEnsembleRegressor` that gives the weighted sum of the trees, [rows, targets]."""
    made: dict[str, list[Any]] = {key: [] for key in _keys}
    for index, (tree, weight) in enumerate(zip(trees, weights, strict=True)):
        count = len(tree.feature)
        leaf = tree.left < 0
        made["nodes_treeids"] += [index] * count
        made["nodes_nodeids"] += range(count)
        made["nodes_featureids"] += tree.feature.tolist()
        made["nodes_values"] += tree.threshold.tolist()
        made["nodes_modes"] += ["LEAF" if one else "BRANCH_LEQ" for one in leaf]
        made["nodes_truenodeids"] += np.where(leaf, 0, tree.left).tolist()
        made["nodes_falsenodeids"] += np.where(leaf, 0, tree.right).tolist()
        for node in np.flatnonzero(leaf):
            for target, value in enumerate(tree.value[node]):
                if value != 0 or tree.value.shape[1] == 1:
                    made["target_treeids"].append(index)
                    made["target_nodeids"].append(int(node))
                    made["target_ids"].append(target)
                    made["target_weights"].append(float(value * weight))
    return {**made, "n_targets": trees[0].value.shape[1], "aggregate_function": "SUM", "post_transform": "NONE"}


_keys = (
    "nodes_treeids",
    "nodes_nodeids",
    "nodes_featureids",
    "nodes_values",
    "nodes_modes",
    "nodes_truenodeids",
    "nodes_falsenodeids",
    "target_treeids",
    "target_nodeids",
    "target_ids",
    "target_weights",
)
