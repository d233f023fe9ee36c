"""By how much the final model errs less than the models whose errors set the intervals.

Out-of-fold errors are of models that miss one of K folds. The final model misses none: it is trained on all rows, or is the committee of
the folds' models. That step is acted out one fold lower, on rows that it does not see: for the held rows of the first fold, from models
that miss this fold and another one to models, or committees of models, that miss this fold only. Errors are taken to fall with a power
of the rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .candidates import Candidate, Problem, fit_again
from .conformal import Intervals
from .members import Member

LEAST_ROWS = 1_000
"""With fewer, the figure is mostly noise."""
LEAST_FACTOR = 0.8
LEAST_WEIGHT = 0.05
"""A member below counts as if it gained nothing, which is nearly so and saves its fits."""


def is_measured(problem: Problem, in_order: bool) -> bool:
    rows, folds = len(problem.target), len(problem.folds)
    return problem.classes == 0 and not in_order and rows >= LEAST_ROWS and folds >= 3


def seconds_to_measure(problem: Problem, used: list[tuple[Candidate, float]]) -> float:
    return sum(0.8 * one.seconds * len(_missed(problem, one, weight)) for one, weight in used)


def narrowing(
    problem: Problem,
    used: list[tuple[Candidate, float]],
    settle: Callable[[np.ndarray], np.ndarray],
    intervals: Intervals,
) -> float:
    """A factor for half widths, at most one. `settle` bends and bounds the weighted sum of the members."""
    count, held = len(problem.folds), problem.folds[0][1]
    design, target, scale = problem.design[held], problem.target[held], intervals.scales(problem.design[held])
    missing_two, missing_one = np.zeros((count - 1, len(held))), np.zeros(len(held))
    for candidate, weight in used:
        own = candidate.found[: len(held), 0]
        found = [own]
        missed = _missed(problem, candidate, weight)
        if missed:
            found = [_without(problem, candidate, other).predict(design)[:, 0] for other in missed]
        missing_two += weight * np.array(found)
        missing_one += weight * (np.mean(found, axis=0) if candidate.members else own)
    levels = 1 - (1 - intervals.level) * np.linspace(0.5, 1.5, 11)
    first = np.quantile(np.abs([settle(one) for one in missing_two] - target) / scale, levels)
    second = np.quantile(np.abs(settle(missing_one) - target) / scale, levels)
    if min(first.min(), second.min()) <= 0:
        return 1.0
    step = np.log(count / (count - 1)) / np.log((count - 1) / (count - 2))
    return float(np.clip(np.exp(step * np.log(second / first).mean()), LEAST_FACTOR, 1.0))


def _missed(problem: Problem, candidate: Candidate, weight: float) -> range:
    """Folds that models miss beside the first: a committee has a model for each, other members are served by one."""
    if weight < LEAST_WEIGHT:
        return range(0)
    return range(1, len(problem.folds)) if candidate.members else range(1, 2)


def _without(problem: Problem, candidate: Candidate, other: int) -> Member:
    missed = np.concatenate([problem.folds[0][1], problem.folds[other][1]])
    rows = np.setdiff1d(np.arange(len(problem.target)), missed)
    return fit_again(problem, candidate, rows, len(problem.folds) + other)
