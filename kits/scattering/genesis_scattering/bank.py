"""The bank: exact curves of many particles of each shape at one scale, smeared at several resolutions.

A training curve is one of the bank, stretched to a size, measured on a random instrument (`instrument.py`).
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from .kernels import intensity
from .shapes import SHAPES, UNIT, Shape, draw

U = np.exp(np.linspace(np.log(0.004), np.log(400.0), 920))
"""q times the first size, without unit; 80 points for each factor e."""
STEP = float(np.log(U[1] / U[0]))
SMEARS = (0.0, 0.02, 0.05, 0.1, 0.2)
"""Relative widths dq/q (standard deviation) the curves are kept at; between them they are interpolated."""

EXACT = {"cylinder": (25.0, 2), "ellipsoid": (40.0, 2), "parallelepiped": (20.0, 4)}
"""Shapes whose mean over orientations is slow: computed up to this u, at each so many-th point; behind it Porod's law goes on."""


@dataclass
class Bank:
    """For each shape: `curves` [particles, resolutions, points] as ln I, `sizes` [particles, sizes] over the first size, spreads."""

    curves: list[np.ndarray]
    sizes: list[np.ndarray]
    spreads: list[np.ndarray]


def _stretch(curve: np.ndarray, spread: float) -> np.ndarray:
    """The mean over a Gaussian spread of the particle's whole size: each size k times larger scatters k^3 more for its volume."""
    factors = 1 + spread * np.linspace(-2.5, 2.5, 11)
    chances = np.exp(-0.5 * np.linspace(-2.5, 2.5, 11) ** 2)
    logs, u = np.log(np.maximum(curve, 1e-300)), np.log(U)
    total = sum(chance * factor**6 * np.exp(np.interp(u + np.log(factor), u, logs)) for factor, chance in zip(factors, chances))
    return total / np.sum(chances * factors**3)


def _exact(shape: Shape, sizes: np.ndarray, spread: float, more: dict[str, float]) -> np.ndarray:
    """I at every point of `U`."""
    if shape.name not in EXACT:
        return intensity(shape, U / UNIT, sizes, spread, more, points=9)
    end, every = EXACT[shape.name]
    u = U[U <= end][::every]
    found = intensity(shape, u / UNIT, sizes, spread, more, points=7)
    near = np.exp(np.interp(np.log(U), np.log(u), np.log(np.maximum(found, 1e-300))))
    tail = np.mean((found * u**4)[u > u[-1] / 2])
    return np.where(u[-1] >= U, near, tail / U**4)


def make_bank(particles: int, seed: int) -> Bank:
    """`particles` of each shape, by sasmodels; told on standard error."""
    bank = Bank([], [], [])
    for number, shape in enumerate(SHAPES):
        began = time.perf_counter()
        random = np.random.default_rng([seed, number, 0xBA])
        curves = np.empty((particles, len(SMEARS), len(U)), dtype=np.float32)
        sizes = np.empty((particles, len(shape.sizes)))
        spreads = np.empty(particles)
        for at in range(particles):
            size, spread, more = draw(shape, random)
            exact = _exact(shape, size, spread, more)
            if shape.name == "parallelepiped" and spread > 0:
                exact = _stretch(exact, spread)
            for level, smear in enumerate(SMEARS):
                smeared = exact if smear == 0 else gaussian_filter1d(exact, smear / STEP, mode="nearest", truncate=3)
                curves[at, level] = np.log(np.maximum(smeared, 1e-30 * exact[0]))
            sizes[at], spreads[at] = size / UNIT, spread
        bank.curves.append(curves)
        bank.sizes.append(sizes)
        bank.spreads.append(spreads)
        print(f"simulated {particles} of {shape.name} in {time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)
    return bank
