"""Prediction intervals whose coverage does not rest on the model being right.

Normalised conformal prediction (Papadopoulos et al., 2008; Lei et al., JASA 113, 1094, 2018) on out-of-fold residuals, as in
cross-conformal and CV+ (Vovk, 2015; Barber et al., Ann. Stat. 49, 486, 2021): the half width is a quantile of |residual| / scale,
times the scale at the new row. Rows must be exchangeable: a row unlike all of training is outside of the promise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import lightgbm
import numpy as np

from .members import Boosted

ROUNDS = 80
LEAST_ROWS = 60
"""Fewer residuals give one width for all rows."""


@dataclass
class Intervals:
    """`quantile` times exp(`scale` at a row) is the half width; without a scale model the scale is one. `factor` is what `quantile`
    was multiplied by because the final model errs less than those that calibrate."""

    level: float
    quantile: float
    scale: Boosted | None
    log_scale_bounds: tuple[float, float]
    factor: float = 1.0

    def narrowed(self, factor: float) -> Intervals:
        return replace(self, quantile=self.quantile * factor, factor=self.factor * factor)

    def scales(self, design: np.ndarray) -> np.ndarray:
        if self.scale is None:
            return np.ones(len(design))
        return np.exp(np.clip(self.scale.predict(design)[:, 0], *self.log_scale_bounds))

    def half_widths(self, design: np.ndarray) -> np.ndarray:
        return self.quantile * self.scales(design)


def conformal_quantile(scores: np.ndarray, level: float) -> float:
    """The ceil((n + 1) level)-th smallest score; the largest where there are too few rows for that."""
    ordered = np.sort(scores)
    return float(ordered[min(len(ordered), int(np.ceil((len(ordered) + 1) * level))) - 1])


def _fit_scale(design: np.ndarray, logs: np.ndarray, seed: int, threads: int) -> Boosted:
    columns = np.arange(design.shape[1])
    parameters = {
        **{
            "objective": "regression",
            "learning_rate": 0.05,
            "num_leaves": 8,
            "min_data_in_leaf": 15,
            "feature_fraction": 0.5,
        },
        **{
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "lambda_l2": 1.0,
            "verbosity": -1,
            "seed": seed,
            "num_threads": threads,
        },
        **{"deterministic": True, "force_row_wise": True},
    }
    return Boosted(lightgbm.train(parameters, lightgbm.Dataset(design, logs), ROUNDS), ROUNDS, columns, 0)


def calibrate(
    design: np.ndarray, residual: np.ndarray, held: list[np.ndarray], level: float, seed: int, threads: int
) -> Intervals:
    """Intervals from out-of-fold residuals of the rows of `design`; `held` lists the folds. The scale at each of these rows comes
    from a model of the other folds, so that scores are like those of new rows."""
    size = np.abs(residual)
    floor = max(float(np.median(size)) * 0.1, float(size.mean()) * 0.01, 1e-12)
    logs = np.log(size + floor)
    if len(size) < LEAST_ROWS or len(held) < 2 or design.shape[1] == 0:
        return Intervals(level, conformal_quantile(size, level), None, (0.0, 0.0))
    bounds = (float(np.quantile(logs, 0.02)), float(np.quantile(logs, 0.98)))
    found = np.empty(len(size))
    for rows in held:
        others = np.setdiff1d(np.arange(len(size)), rows)
        found[rows] = _fit_scale(design[others], logs[others], seed, threads).predict(design[rows])[:, 0]
    scores = size / np.exp(np.clip(found, *bounds))
    return Intervals(level, conformal_quantile(scores, level), _fit_scale(design, logs, seed, threads), bounds)
