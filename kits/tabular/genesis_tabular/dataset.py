"""From a table and a request to what can be trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .columns import Column, guess_kind, numbers, read_column, texts, unit_of
from .errors import Refused
from .request import METRICS, Request

LEAST_ROWS = 20
MOST_CLASSES = 50
FEW_TEXTS = 10
"""Up to this many different texts are a category even where most rows have one of their own."""


@dataclass
class Dataset:
    """Rows that have a target. `target` is float64, or class indices where there are `classes`."""

    columns: list[Column]
    target: np.ndarray
    target_unit: str | None
    classes: list[str]
    groups: np.ndarray | None
    time: np.ndarray | None
    metric: str
    rows: np.ndarray
    """Where these rows are in the table."""
    notes: list[str]

    @property
    def task(self) -> str:
        return "classification" if self.classes else "regression"


def prepare(table: pa.Table, asked: Request) -> Dataset:
    names = table.column_names
    for role, name in (("target", asked.target), ("groups", asked.groups), ("time", asked.time)):
        if name is not None and name not in names:
            raise Refused(role, f"the table has no column {name!r}; it has {', '.join(names[:30])}")
    special = {asked.target, asked.groups, asked.time} - {None}
    wanted = asked.features if asked.features is not None else [name for name in names if name not in special]
    for name in wanted:
        if name == asked.target:
            raise Refused("features", f"{name!r} is the target")
    for name in asked.kinds:
        if name not in wanted:
            raise Refused("kinds", f"{name!r} is none of the features")
    if not wanted:
        raise Refused("features", "the table has no column beside the target, groups and time")
    notes: list[str] = []
    task = asked.task or ("regression" if guess_kind(table, asked.target) == "number" else "classification")
    labels = texts(table, asked.target)
    values = numbers(table, asked.target) if task == "regression" else None
    known = np.array([text is not None for text in labels]) if values is None else np.isfinite(values)
    kept = np.flatnonzero(known)
    if len(kept) < len(labels):
        notes.append(f"{len(labels) - len(kept)} rows have no {asked.target} and are left out")
    for role, name in (("groups", asked.groups), ("time", asked.time)):
        if name is not None:
            missing = int(sum(text is None for text in texts(table, name)[kept]))
            if missing:
                raise Refused(role, f"column {name!r} is missing in {missing} rows; every row needs one")
    if len(kept) < LEAST_ROWS:
        raise Refused(
            asked.target,
            f"only {len(kept)} rows have a value; at least {LEAST_ROWS} are needed to train and to measure",
        )
    table = table.take(pa.array(kept))
    columns = _inputs(table, wanted, asked.kinds, notes)
    classes: list[str] = []
    if values is None:
        classes, target = _classes(labels[kept], asked)
    else:
        target = values[kept]
        if target.min() == target.max():
            raise Refused(asked.target, f"has one value ({target[0]:g}) in every row; there is nothing to learn")
    metric = asked.metric or METRICS[task][0]
    if metric not in METRICS[task]:
        raise Refused("metric", f"{metric} is none for a {task}; choose {' or '.join(METRICS[task])}")
    groups = None if asked.groups is None else np.array([str(text) for text in texts(table, asked.groups)])
    time = None if asked.time is None else numbers(table, asked.time)
    return Dataset(columns, target, unit_of(table, asked.target), classes, groups, time, metric, kept, notes)


def _inputs(table: pa.Table, wanted: list[str], kinds: dict[str, str], notes: list[str]) -> list[Column]:
    found: list[Column] = []
    for name in wanted:
        column = read_column(table, name, kinds.get(name))
        missing = (
            np.isnan(column.values) if column.kind == "number" else np.array([text is None for text in column.values])
        )
        present = column.values[~missing]
        if len(present) == 0:
            notes.append(f"{name} has no value in any row and is left out")
        elif not missing.any() and len(set(present.tolist())) == 1:
            notes.append(f"{name} has the same value in every row and is left out")
        elif column.kind == "category" and len(set(present)) > max(FEW_TEXTS, len(present) // 2):
            if name in kinds:
                raise Refused(
                    name,
                    f"has {len(set(present))} different texts in {len(present)} rows; as a category it teaches nothing",
                )
            notes.append(
                f"{name} has {len(set(present))} different texts in {len(present)} rows and is left out; name its kind to use it"
            )
        else:
            found.append(column)
    if not found:
        raise Refused("features", f"no column is left to learn from: {'; '.join(notes)}")
    return found


def _classes(labels: np.ndarray, asked: Request) -> tuple[list[str], np.ndarray]:
    names, counts = np.unique(labels.astype(str), return_counts=True)
    if len(names) < 2:
        raise Refused(asked.target, f"has one class ({names[0]!r}) in every row; there is nothing to learn")
    if len(names) > MOST_CLASSES:
        raise Refused(
            asked.target,
            f"has {len(names)} classes; at most {MOST_CLASSES} are taken. Is it a number with stray texts in it?",
        )
    least = 2 * asked.folds
    rare = [str(name) for name, count in zip(names, counts, strict=True) if count < least]
    if rare:
        raise Refused(
            asked.target,
            f"class {rare[0]!r} has fewer than {least} rows, too few for {asked.folds} folds; join it to another or leave it out",
        )
    return [str(name) for name in names], np.searchsorted(names, labels.astype(str))
