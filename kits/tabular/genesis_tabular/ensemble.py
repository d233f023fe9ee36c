"""Weights of an ensemble, and a bend of its predictions, both chosen on out-of-fold predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .metrics import Scorer

STEPS = 50
MOST_MEMBERS = 12
FINALISTS = 25


def choose_weights(found: list[np.ndarray], target: np.ndarray, loss: Scorer) -> np.ndarray:
    """Non-negative weights that sum to one, by greedy selection with replacement (Caruana et al., ICML 2004): each step adds the
    member that lowers the loss most. The best prefix counts; at most `MOST_MEMBERS` get a weight."""
    single = np.array([loss(target, one) for one in found])
    finalists = np.argsort(single, kind="stable")[:FINALISTS]
    picked: list[int] = []
    total = np.zeros_like(found[0])
    best, best_length = np.inf, 0
    for _ in range(STEPS):
        choices = finalists if len(set(picked)) < MOST_MEMBERS else sorted(set(picked))
        losses = [loss(target, (total + found[at]) / (len(picked) + 1)) for at in choices]
        at = int(choices[int(np.argmin(losses))])
        picked.append(at)
        total += found[at]
        if min(losses) < best * (1 - 1e-6):
            best, best_length = min(losses), len(picked)
    weights = np.zeros(len(found))
    for at in picked[:best_length]:
        weights[at] += 1 / best_length
    return weights


@dataclass
class Bend:
    """A piecewise linear, constant outside of its knots, correction that is added to a prediction: knots and what is added there."""

    knots: np.ndarray
    added: np.ndarray

    def apply(self, found: np.ndarray) -> np.ndarray:
        return found + np.interp(found, self.knots, self.added)


BINS = 12
LEAST_ROWS_IN_BIN = 40
LEAST_GAIN = 0.01


def learn_bend(found: np.ndarray, target: np.ndarray, absolute: bool) -> Bend | None:
    """Medians (means for a squared loss) of the target in bins of the prediction, made monotone. For example, where half of a table's
    targets are zero, a mean of trees says 0.2 for most of those, and the median says 0."""
    from sklearn.isotonic import IsotonicRegression

    bins = min(BINS, len(found) // LEAST_ROWS_IN_BIN)
    if bins < 3:
        return None
    parts = np.array_split(np.argsort(found, kind="stable"), bins)
    middle = np.median if absolute else np.mean
    knots = np.array([np.median(found[rows]) for rows in parts])
    levels = np.array([middle(target[rows]) for rows in parts])
    kept = np.concatenate([[True], np.diff(knots) > 1e-9 * max(1e-12, float(np.abs(knots).max()))])
    knots, levels = knots[kept], levels[kept]
    if len(knots) < 3:
        return None
    levels = IsotonicRegression().fit(knots, levels).predict(knots)
    return Bend(knots, levels - knots)


def bend_out_of_fold(found: np.ndarray, target: np.ndarray, held: list[np.ndarray], absolute: bool) -> np.ndarray:
    """Bent predictions where each fold's bend comes from the other folds."""
    bent = found.copy()
    for rows in held:
        others = np.concatenate([one for one in held if one is not rows]) if len(held) > 1 else rows[:0]
        bend = learn_bend(found[others], target[others], absolute) if len(others) else None
        if bend is not None:
            bent[rows] = bend.apply(found[rows])
    return bent
