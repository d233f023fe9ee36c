"""Candidates of a search: settings, their out-of-fold predictions, and the members behind those."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .families import Settings
from .fitting import column_importances, columns_of, fit, fit_boosted
from .folds import Fold
from .members import Boosted, Committee, Member
from .metrics import Scorer

TOO_BAD = 1.25
"""A candidate whose loss on the first fold is this many times the best one's there is not fitted on the others."""


@dataclass
class Problem:
    """What a search works on. `target` is float64, or class indices where `classes` is above 0."""

    design: np.ndarray
    parts: list[str]
    target: np.ndarray
    classes: int
    folds: list[Fold]
    metric: str
    loss: Scorer
    seed: int
    threads: int
    _importances: dict[tuple[int, str], np.ndarray] = field(default_factory=dict)

    @property
    def covered(self) -> np.ndarray:
        """Rows that are held out once, in the order of the folds."""
        return np.concatenate([held for _, held in self.folds])

    def importances(self, at: int, rows: np.ndarray, take: str, columns: np.ndarray) -> Callable[[], np.ndarray]:
        """Importances of columns in the training rows of fold `at` (-1: in all rows), found once."""

        def find() -> np.ndarray:
            if (at, take) not in self._importances:
                x, y = self.design[rows], self.target[rows]
                self._importances[at, take] = column_importances(x, y, columns, self.seed, self.threads)
            return self._importances[at, take]

        return find


@dataclass
class Candidate:
    settings: Settings
    found: np.ndarray
    """Out-of-fold predictions [covered rows, outputs]."""
    loss: float
    first_loss: float
    members: list[Member]
    """Those of the folds, where they are kept for the final model."""
    seconds: float


def tree_count(rows: int) -> int:
    return 200 if rows <= 500 else 100


def evaluate(
    problem: Problem, settings: Settings, best_first: float, deadline: float | None, clock: Callable[[], float]
) -> tuple[Candidate | None, int, float]:
    """The candidate, or None where it was given up after its first fold, with the fits it took and the seconds for one. Given up
    is what is far worse on the first fold, and what would not be done at `deadline` (by `clock`)."""
    columns = columns_of(settings, problem.parts)
    start = clock()
    members: list[Member] = []
    first_loss = np.inf
    for at, (train, held) in enumerate(problem.folds):
        members.append(_fit_fold(problem, settings, columns, train, held, at))
        if at == 0:
            first_loss = problem.loss(problem.target[held], members[0].predict(problem.design[held]))
            took = clock() - start
            late = deadline is not None and clock() + took * (len(problem.folds) - 1) > deadline
            if len(problem.folds) > 1 and (not np.isfinite(first_loss) or first_loss > TOO_BAD * best_first or late):
                return None, 1, took
    if settings["family"] == "boosted":
        # one number of rounds for all folds, so that no fold's predictions are tuned to its own rows
        rounds = int(np.median([member.rounds for member in members if isinstance(member, Boosted)]))
        for member in members:
            if isinstance(member, Boosted):
                member.rounds = min(
                    rounds, member.booster.num_trees() // max(1, problem.classes if problem.classes > 2 else 1)
                )
    found = np.concatenate(
        [member.predict(problem.design[held]) for member, (_, held) in zip(members, problem.folds, strict=True)]
    )
    took = (clock() - start) / len(problem.folds)
    loss = problem.loss(problem.target[problem.covered], found)
    kept = members if settings["family"] == "boosted" else []
    return Candidate(settings, found, loss, first_loss, kept, took), len(problem.folds), took


def _fit_fold(
    problem: Problem, settings: Settings, columns: np.ndarray, train: np.ndarray, held: np.ndarray, at: int
) -> Member:
    x, y, seed = problem.design, problem.target, problem.seed + at
    if settings["family"] == "boosted":
        own = (x[train], y[train]), (x[held], y[held])
        return fit_boosted(settings, *own, columns, problem.classes, problem.metric, seed, problem.threads)
    matter = problem.importances(at, train, settings["take"], columns)
    return fit(
        settings,
        x[train],
        y[train],
        columns,
        problem.classes,
        seed,
        problem.threads,
        tree_count(len(train)),
        matter,
    )


def finish(problem: Problem, candidate: Candidate, in_order: bool) -> Member:
    """The member for the final model: the committee of its folds for boosted trees, which need held-out rows to stop; else one
    that is trained on all rows. In order of time the boosted trees are trained on all rows too, since the last fold misses none."""
    if candidate.members and not in_order:
        return Committee(list(candidate.members))
    return fit_again(problem, candidate, np.arange(len(problem.target)), -1)


def fit_again(problem: Problem, candidate: Candidate, rows: np.ndarray, at: int) -> Member:
    """A member with the candidate's settings, trained on `rows`. Boosted trees take the candidate's number of rounds. `at` is a
    number for these rows, other than the folds' own; -1 is for all rows."""
    columns, settings = columns_of(candidate.settings, problem.parts), candidate.settings
    x, y, seed = problem.design[rows], problem.target[rows], problem.seed + max(0, at)
    if candidate.members:
        last = candidate.members[-1]
        rounds = last.rounds if isinstance(last, Boosted) else 1
        return fit_boosted(
            settings, (x, y), None, columns, problem.classes, problem.metric, seed, problem.threads, rounds
        )
    matter = problem.importances(at, rows, settings["take"], columns)
    trees = tree_count(len(rows))
    return fit(settings, x, y, columns, problem.classes, seed, problem.threads, trees, matter)
