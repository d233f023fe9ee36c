"""The search: settings are tried on inner folds, the best are stacked, and the intervals calibrated, all on out-of-fold predictions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from .candidates import Candidate, Problem, evaluate, finish
from .conformal import Intervals, calibrate
from .ensemble import LEAST_GAIN, Bend, bend_out_of_fold, choose_weights, learn_bend
from .families import Settings, is_reducible, key, near, portfolio
from .gain import is_measured, narrowing, seconds_to_measure
from .members import Member

TAIL_ROWS = 0.02
"""This share of the targets at the lowest (highest) value makes it a limit that predictions keep to."""


@dataclass
class Budget:
    """`fits` counts models that are fitted while searching; `seconds` is for everything. What ends first ends the search."""

    fits: int | None
    seconds: float | None
    clock: Callable[[], float] = time.monotonic


@dataclass
class Model:
    """What a search gives. Predictions: the weighted sum of the members, bent, and kept within the bounds."""

    members: list[tuple[Member, float]]
    settings: list[Settings]
    weights: list[float]
    bounds: tuple[float, float] | None
    bend: Bend | None
    intervals: Intervals | None
    classes: int
    inner_loss: float
    tried: int
    fits: int
    stopped_by_time: bool

    def predict(self, design: np.ndarray) -> np.ndarray:
        """float64 [rows, outputs]: the value, or the probability of each class."""
        found = np.sum([member.predict(design) * weight for member, weight in self.members], axis=0)
        if self.classes:
            return found / found.sum(axis=1, keepdims=True)
        return _settle(found[:, 0], self.bend, self.bounds)[:, None]


def _settle(found: np.ndarray, bend: Bend | None, bounds: tuple[float, float] | None) -> np.ndarray:
    if bend is not None:
        found = bend.apply(found)
    return found if bounds is None else np.clip(found, *bounds)


def target_bounds(target: np.ndarray) -> tuple[float, float]:
    """A tenth of the range beyond the training targets, or their end itself where many rows sit exactly there."""
    low, high = float(target.min()), float(target.max())
    room = (high - low) / 10
    return (
        low if (target == low).mean() >= TAIL_ROWS else low - room,
        high if (target == high).mean() >= TAIL_ROWS else high + room,
    )


def search(problem: Problem, budget: Budget, level: float, in_order: bool, say: Callable[[str], None]) -> Model:
    """The model for a problem. With a budget in fits alone it depends on problem and budget only."""
    start = budget.clock()
    random = np.random.default_rng(problem.seed)
    rows = min(len(train) for train, _ in problem.folds)
    reduced = is_reducible(problem.parts)
    task = "classification" if problem.classes else "regression"
    waiting = portfolio(task, rows, problem.parts, problem.metric)
    tried = {key(one) for one in waiting}
    kept: list[Candidate] = []
    weights = np.zeros(0)
    given_up = fits = 0
    costs: dict[str, float] = {}
    by_time = False
    y = problem.target[problem.covered]
    while True:
        if budget.fits is not None and fits + len(problem.folds) > budget.fits and kept:
            break
        settings = waiting.pop(0) if waiting else _draw(kept, weights, reduced, tried, random)
        if settings is None:
            break
        deadline = None
        if budget.seconds is not None and kept:
            reserve = 0.1 * budget.seconds + _cost_to_finish(problem, kept, weights, in_order)
            deadline = start + budget.seconds - reserve
            expected = costs.get(settings["family"], 0.0) * len(problem.folds)
            if budget.clock() >= deadline:
                by_time = True
                break
            if budget.clock() + 0.7 * expected > deadline:
                by_time = True
                given_up += 1
                if given_up > 60:
                    break
                continue
        best_first = min((one.first_loss for one in kept), default=np.inf)
        candidate, took, seconds = evaluate(problem, settings, best_first, deadline, budget.clock)
        fits += took
        costs[settings["family"]] = max(seconds, 0.5 * costs.get(settings["family"], 0.0))
        if candidate is None:
            say(f"gave up {settings['family']} after its first fold")
            continue
        kept.append(candidate)
        weights = choose_weights([one.found for one in kept], y, problem.loss)
        say(
            f"{settings['family']}: {problem.metric} {candidate.loss:.5g}; ensemble of {int((weights > 0).sum())} after {fits} fits"
        )
    return _assemble(problem, kept, weights, level, in_order, len(kept), fits, by_time)


def _cost_to_finish(problem: Problem, kept: list[Candidate], weights: np.ndarray, in_order: bool) -> float:
    """Seconds to train members again on all rows, and to measure what that gains."""
    used = [(one, float(weight)) for one, weight in zip(kept, weights, strict=False) if weight > 0]
    again = sum(1.3 * one.seconds for one, _ in used if not one.members)
    return again + (seconds_to_measure(problem, used) if is_measured(problem, in_order) else 0.0)


def _draw(
    kept: list[Candidate], weights: np.ndarray, reduced: bool, tried: set[str], random: np.random.Generator
) -> Settings | None:
    """New settings near a candidate: mostly one that the ensemble uses, else the best of a family drawn evenly."""
    if not kept:
        return None
    for _ in range(200):
        if random.random() < 0.7 and weights.sum() > 0:
            chosen = kept[int(random.choice(len(kept), p=weights / weights.sum()))]
        else:
            families = sorted({one.settings["family"] for one in kept})
            family = families[int(random.integers(len(families)))]
            chosen = min((one for one in kept if one.settings["family"] == family), key=lambda one: one.loss)
        settings = near(chosen.settings, reduced, random)
        if key(settings) not in tried:
            tried.add(key(settings))
            return settings
    return None


def _assemble(
    problem: Problem,
    kept: list[Candidate],
    weights: np.ndarray,
    level: float,
    in_order: bool,
    tried: int,
    fits: int,
    by_time: bool,
) -> Model:
    used = [(one, float(weight)) for one, weight in zip(kept, weights, strict=True) if weight > 0]
    members = [(finish(problem, one, in_order), weight) for one, weight in used]
    found = np.sum([one.found * weight for one, weight in used], axis=0)
    covered = problem.covered
    y = problem.target[covered]
    bounds = bend = intervals = None
    if problem.classes == 0:
        bounds = target_bounds(problem.target)
        ends = np.cumsum([len(held) for _, held in problem.folds])
        held = [np.arange(end - len(one), end) for end, (_, one) in zip(ends, problem.folds, strict=True)]
        straight = np.clip(found[:, 0], *bounds)
        bent = np.clip(bend_out_of_fold(found[:, 0], y, held, problem.metric == "mae"), *bounds)
        settled = straight
        if problem.loss(y, bent[:, None]) < (1 - LEAST_GAIN) * problem.loss(y, straight[:, None]):
            bend, settled = learn_bend(found[:, 0], y, problem.metric == "mae"), bent
        intervals = calibrate(problem.design[covered], y - settled, held, level, problem.seed, problem.threads)
        if is_measured(problem, in_order):
            settle = partial(_settle, bend=bend, bounds=bounds)
            intervals = intervals.narrowed(narrowing(problem, used, settle, intervals))
        found = settled[:, None]
    loss = problem.loss(y, found)
    return Model(
        members,
        [one.settings for one, _ in used],
        [weight for _, weight in used],
        bounds,
        bend,
        intervals,
        problem.classes,
        loss,
        tried,
        fits,
        by_time,
    )
