"""Nested cross-validation: what is reported is measured on outer folds that the search of that fold has not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .candidates import Problem
from .dataset import Dataset
from .errors import Refused
from .features import Design, Featurizer
from .folds import Fold, make_folds, together
from .importance import permutation_importances
from .metrics import LOSSES
from .search import Budget, Model, search

FEWER_FOLDS_FROM = 2_000


@dataclass
class Fitted:
    model: Model
    design: Design


@dataclass
class Outer:
    """Held-out predictions of all outer folds together, row by row."""

    rows: np.ndarray
    fold: np.ndarray
    found: np.ndarray
    half_width: np.ndarray | None
    importances: dict[str, list[float]]


def units_of(data: Dataset, featurizer: Featurizer, base: np.ndarray) -> np.ndarray:
    return together(Design.learn(featurizer.base, base).transform(base), data.groups)


def fit_rows(
    data: Dataset,
    featurizer: Featurizer,
    base: np.ndarray,
    units: np.ndarray,
    rows: np.ndarray,
    budget: Budget,
    level: float,
    seed: int,
    threads: int,
    say: Callable[[str], None],
) -> Fitted:
    """Searches and fits on these rows only: design, inner folds, ensemble and intervals know no other."""
    matrix, target = base[rows], data.target[rows]
    design = Design.learn(featurizer.base, matrix)
    if not design.take:
        raise Refused(
            "features", "every column has the same value in all rows of a fold; there is nothing to learn from"
        )
    time = None if data.time is None else data.time[rows]
    wanted = 5 if len(rows) < FEWER_FOLDS_FROM else 4
    count = min(wanted, len(np.unique(units[rows])))
    if count < 2:
        raise Refused(
            "groups", "fewer than two groups are left to train on in a fold; ask for fewer folds or leave groups out"
        )
    folds = make_folds(count, units[rows], time, target if data.classes else None, seed + 17)
    every_class(data, target, folds)
    problem = Problem(
        design=design.transform(matrix),
        parts=design.parts,
        target=target,
        classes=len(data.classes),
        folds=folds,
        metric=data.metric,
        loss=LOSSES[data.metric],
        seed=seed,
        threads=threads,
    )
    return Fitted(search(problem, budget, level, time is not None, say), design)


def every_class(data: Dataset, target: np.ndarray, folds: list[Fold]) -> None:
    for train, _ in folds:
        for at, name in enumerate(data.classes):
            if not (target[train] == at).any():
                raise Refused(
                    "target",
                    f"class {name!r} is missing where a fold is trained: its rows are of one group or one time. Join it to another class",
                )


def cross_validate(
    data: Dataset,
    featurizer: Featurizer,
    base: np.ndarray,
    units: np.ndarray,
    outer: list[Fold],
    budget: Budget,
    level: float,
    seed: int,
    threads: int,
    say: Callable[[str], None],
) -> Outer:
    rows, fold, found, widths = [], [], [], []
    importances: dict[str, list[float]] = {}
    for at, (train, held) in enumerate(outer):
        say(f"outer fold {at + 1} of {len(outer)}: {len(train)} rows to train on, {len(held)} held out")
        fitted = fit_rows(data, featurizer, base, units, train, budget, level, seed + 1000 * (at + 1), threads, say)
        made = fitted.design.transform(base[held])
        rows.append(held)
        fold.append(np.full(len(held), at))
        found.append(fitted.model.predict(made))
        if fitted.model.intervals is not None:
            widths.append(fitted.model.intervals.half_widths(made))
        grown = permutation_importances(
            fitted.model, fitted.design, featurizer.base, base[held], data.target[held], LOSSES[data.metric], seed + at
        )
        for name, value in grown.items():
            importances.setdefault(name, []).append(value)
    return Outer(
        np.concatenate(rows),
        np.concatenate(fold),
        np.concatenate(found),
        np.concatenate(widths) if widths else None,
        importances,
    )
