"""Intervals and probabilities that hold on rows nobody trained on."""

from __future__ import annotations

import math

import numpy as np
import torch

from .ensemble import Ensemble, evaluate


def conformal_quantile(misses: np.ndarray, level: float) -> float | None:
    """The split-conformal quantile: the ceil((n + 1) level)-th smallest score; none where n is too small to promise the level.

    Source: Lei et al. 2018, "Distribution-free predictive inference for regression".
    """
    place = math.ceil((len(misses) + 1) * level)
    if place > len(misses):
        return None
    return float(np.sort(misses)[place - 1])


def scale_quantile(mean: np.ndarray, sd: np.ndarray, y: np.ndarray, level: float) -> float | None:
    """The q for which mean +- q sd holds the level on exchangeable rows."""
    return conformal_quantile(np.abs(y - mean) / sd, level)


def fit_temperature(ensemble: Ensemble, x: torch.Tensor, y: torch.Tensor) -> float:
    """Sets the temperature of least negative log-likelihood on the calibration rows, found on a grid (Guo et al. 2017)."""
    logits = [evaluate(member, x)[0] for member in ensemble.members]
    best, best_loss = 1.0, math.inf
    for temperature in np.exp(np.linspace(math.log(0.25), math.log(8.0), 121)):
        chance = torch.stack([torch.softmax(found / float(temperature), dim=1) for found in logits]).mean(dim=0)
        loss = float(-torch.log(chance[torch.arange(len(y)), y].clamp_min(1e-12)).mean())
        if loss < best_loss:
            best, best_loss = float(temperature), loss
    ensemble.temperature.fill_(best)
    return best
