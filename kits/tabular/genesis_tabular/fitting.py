"""Fits one member with given settings on given rows. Everything is seeded and runs on the given number of threads."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import SVR

from .families import Settings, without_statistics
from .members import KERNELS, Boosted, Forest, Kernel, Linear, Member
from .scaling import Scaling

MOST_ROUNDS = 1_500
PATIENCE = 50
PROCESS_SAMPLE = 300
"""Rows from which the length scales of a Gaussian process are learned."""


def columns_of(settings: Settings, parts: list[str]) -> np.ndarray:
    """Design columns that these settings take."""
    kept = range(len(parts)) if settings["take"] == "all" else without_statistics(parts)
    return np.array(list(kept), dtype=int)


def fit(
    settings: Settings,
    design: np.ndarray,
    target: np.ndarray,
    columns: np.ndarray,
    classes: int,
    seed: int,
    threads: int,
    trees: int,
    importances: Callable[[], np.ndarray],
) -> Member:
    """A member of any family but `boosted`. `target` is float64, or class indices where `classes` is above 0. `importances` gives
    what `column_importances` does for the same rows and columns."""
    family = settings["family"]
    if family in ("extra", "forest"):
        return _forest(settings, design, target, columns, classes, seed, threads, trees)
    scaling = Scaling.learn(design, columns)
    x = scaling.apply(design)
    if family == "linear":
        return _linear(settings, scaling, x, target, classes)
    mean, deviation = float(target.mean()), float(target.std()) or 1.0
    y = (target - mean) / deviation
    if family == "support":
        return _support(settings, scaling, x, y, mean, deviation, importances)
    return _process(settings, scaling, x, y, mean, deviation, seed)


def column_importances(
    design: np.ndarray, target: np.ndarray, columns: np.ndarray, seed: int, threads: int
) -> np.ndarray:
    """How much each of the columns lowers the squared error in a small forest of extremely randomised trees; their mean is one."""
    forest = ExtraTreesRegressor(
        n_estimators=50, max_features=0.5, min_samples_leaf=2, n_jobs=threads, random_state=seed
    )
    found = forest.fit(design[:, columns], target).feature_importances_
    return found / found.mean() if found.any() else np.ones(len(columns))


def _support(
    settings: Settings,
    scaling: Scaling,
    x: np.ndarray,
    y: np.ndarray,
    mean: float,
    deviation: float,
    importances: Callable[[], np.ndarray],
) -> Member:
    """Support vector regression with a Gaussian kernel (Drucker et al., 1997). With `lean` above 0, columns are stretched by their
    importance to that power: distances are then along what matters. `gamma` is for the mean squared column."""
    stretch = np.ones(x.shape[1])
    if settings["lean"] > 0:
        stretch = (importances()[scaling.kept] + 1e-3) ** settings["lean"]
    stretch = stretch * np.sqrt(settings["gamma"] / max(1e-12, float((stretch**2).sum())))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = SVR(C=settings["c"], epsilon=settings["epsilon"], gamma=1.0, cache_size=500, max_iter=200_000).fit(
            x * stretch, y
        )
    alpha, offset = model.dual_coef_[0] * deviation, float(model.intercept_[0]) * deviation + mean
    return Kernel(scaling, "rbf", x[model.support_], alpha, offset).stretched(stretch)


def _forest(
    settings: Settings,
    design: np.ndarray,
    target: np.ndarray,
    columns: np.ndarray,
    classes: int,
    seed: int,
    threads: int,
    trees: int,
) -> Member:
    kinds: dict[tuple[str, bool], Any] = {
        ("extra", False): ExtraTreesRegressor,
        ("extra", True): ExtraTreesClassifier,
        ("forest", False): RandomForestRegressor,
        ("forest", True): RandomForestClassifier,
    }
    forest = kinds[settings["family"], classes > 0](
        n_estimators=trees,
        max_features=settings["columns"],
        min_samples_leaf=settings["leafRows"],
        n_jobs=threads,
        random_state=seed,
    )
    return Forest(forest.fit(design[:, columns], target), columns)


def _linear(settings: Settings, scaling: Scaling, x: np.ndarray, target: np.ndarray, classes: int) -> Member:
    if classes == 0:
        ridge = Ridge(alpha=settings["penalty"] * max(1, x.shape[1]) / 10).fit(x, target)
        return Linear(scaling, ridge.coef_[:, None], np.array([ridge.intercept_]), 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=1 / settings["penalty"], max_iter=500).fit(x, target)
    if classes == 2:
        return Linear(
            scaling, np.stack([np.zeros(x.shape[1]), model.coef_[0]], axis=1), np.array([0.0, model.intercept_[0]]), 2
        )
    return Linear(scaling, model.coef_.T, model.intercept_, classes)


def _process(
    settings: Settings, scaling: Scaling, x: np.ndarray, y: np.ndarray, mean: float, deviation: float, seed: int
) -> Member:
    """A Gaussian process with a length scale for each column, learned on a sample by the marginal likelihood and then solved on
    all rows (Rasmussen and Williams, 2006, algorithm 2.1)."""
    sample = np.random.default_rng(seed).permutation(len(x))[:PROCESS_SAMPLE]
    start = np.full(x.shape[1], np.sqrt(max(1, x.shape[1])))
    shape = Matern(start, (0.05, 1e3), nu=2.5) if settings["kernel"] == "matern52" else RBF(start, (0.05, 1e3))
    prior = ConstantKernel(1.0, (1e-2, 1e3)) * shape + WhiteKernel(0.1, (1e-4, 2.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        learned = GaussianProcessRegressor(prior, random_state=seed).fit(x[sample], y[sample]).kernel_
    amplitude, lengths, noise = learned.k1.k1.constant_value, learned.k1.k2.length_scale, learned.k2.noise_level
    stretch = 1 / np.asarray(lengths) / (1.0 if settings["kernel"] == "matern52" else np.sqrt(2))
    z = x * stretch
    squares = (z * z).sum(axis=1)
    squared = np.maximum(squares[:, None] + squares[None, :] - 2 * z @ z.T, 0.0)
    covariance = amplitude * KERNELS[settings["kernel"]](squared)
    covariance[np.diag_indices_from(covariance)] += noise + 1e-8
    alpha = cho_solve(cho_factor(covariance, lower=True, overwrite_a=True), y) * amplitude
    return Kernel(scaling, settings["kernel"], x, alpha * deviation, mean).stretched(stretch)


_objectives = {"squared": "regression", "absolute": "regression_l1"}


def fit_boosted(
    settings: Settings,
    train: tuple[np.ndarray, np.ndarray],
    held: tuple[np.ndarray, np.ndarray] | None,
    columns: np.ndarray,
    classes: int,
    metric: str,
    seed: int,
    threads: int,
    rounds: int = MOST_ROUNDS,
) -> Boosted:
    """Boosted trees; with `held`, they stop when its loss has not fallen for `PATIENCE` rounds."""
    parameters: dict[str, Any] = {
        "verbosity": -1,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "seed": seed,
        "learning_rate": settings["rate"],
        "num_leaves": settings["leaves"],
        "feature_fraction": settings["columns"],
        "bagging_fraction": settings["rows"],
        "bagging_freq": 1 if settings["rows"] < 1 else 0,
        "min_data_in_leaf": settings["leafRows"],
        "lambda_l2": settings["l2"],
        "extra_trees": settings["extra"],
    }
    if classes == 0:
        parameters |= {"objective": _objectives[settings["objective"]], "metric": "l1" if metric == "mae" else "l2"}
    elif classes == 2:
        parameters |= {"objective": "binary", "metric": "binary_logloss"}
    else:
        parameters |= {"objective": "multiclass", "num_class": classes, "metric": "multi_logloss"}
    x, y = train
    data = lightgbm.Dataset(x[:, columns], y, free_raw_data=True)
    if held is None:
        return Boosted(lightgbm.train(parameters, data, rounds), rounds, columns, classes)
    valid = lightgbm.Dataset(held[0][:, columns], held[1], reference=data)
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    booster = lightgbm.train(parameters, data, rounds, valid_sets=[valid], callbacks=[stop])
    return Boosted(booster, booster.best_iteration or rounds, columns, classes)
