"""Least squares of the told shape by sasmodels, started from what the network told: sizes with their standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from .kernels import intensity
from .readers import Curve
from .shapes import shape_named
from .tell import Told

RELATIVE_ERROR = 0.02
"""Error assumed for each intensity where the file gives none; the standard errors are scaled by the misfit, so it only sets weights."""
MOST_POINTS = 120
MOST_CALLS = 40
FINE = 15
SCAN = 0.02, 25, 60
"""First sizes tried before the fit: their step in ln size, the fewest and the most; the misfit of a curve with minima has many valleys."""
STARTS = 2
OTHERS = (0.4, 0.6, 0.75, 0.87, 1.15, 1.3, 1.6, 2.5)
"""Factors on the second size, tried at the best first sizes."""


@dataclass
class Fit:
    """`sizes`: value and standard error in Å. `misfit` is the reduced chi square; far above 1 the shape does not describe the curve."""

    sizes: dict[str, tuple[float, float]]
    spread: float
    misfit: float
    calls: int


def _smear(q: np.ndarray, dq: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """q values to compute at, and the weights [n, points] that smear them with a Gaussian of width dq (`FINE` points to each q)."""
    if dq is None:
        return q[:, None], np.ones((len(q), 1))
    nodes, weights = np.polynomial.hermite_e.hermegauss(FINE)
    return np.maximum(q[:, None] + dq[:, None] * nodes, q[:, None] * 0.05), np.tile(weights / weights.sum(), (len(q), 1))


def fit(curve: Curve, told: Told) -> Fit:
    """Fits sizes, spread of the first size, scale and background; started where a scan over the told interval is best."""
    shape = shape_named(told.shape)
    choose = np.unique(np.linspace(0, len(curve.q) - 1, min(len(curve.q), MOST_POINTS)).astype(int))
    q, measured = curve.q[choose], curve.intensity[choose]
    sigma = curve.sigma[choose] if curve.sigma is not None else RELATIVE_ERROR * np.maximum(np.abs(measured), 1e-6 * np.abs(measured).max())
    fine, weights = _smear(q, None if curve.dq is None else curve.dq[choose])
    names = list(told.sizes)
    calls = 0
    spreads = told.shape not in ("fractal", "polymer_coil", "parallelepiped")
    more = told.shape in ("core_shell_sphere", "fractal")

    def shape_of(given: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        sizes = np.exp(given[: len(names)])
        spread = float(given[len(names)]) if spreads else 0.0
        extra = {"core_shell_sphere": "sld_core", "fractal": "fractal_dim"}.get(told.shape)
        further = {extra: float(given[-1])} if extra else {}
        found = intensity(shape, fine.ravel(), sizes, spread, further, points=11).reshape(fine.shape)
        return (found * weights).sum(1)

    def residuals(given: np.ndarray) -> np.ndarray:
        """Scale and background are linear and solved for, the background not below minus three times the smallest error."""
        model = shape_of(given)
        columns = np.stack([model / sigma, 1 / sigma], axis=1)
        size = np.sqrt((columns**2).sum(0))
        found, *_ = np.linalg.lstsq(columns / size, measured / sigma, rcond=None)
        scale, background = found / size
        if background < -3 * sigma.min():
            background = 0.0
            scale = float((model / sigma) @ (measured / sigma) / ((model / sigma) @ (model / sigma)))
        return (scale * model + background - measured) / sigma

    low = [np.log(2.0)] * len(names) + [0.0] * spreads
    high = [np.log(20_000.0)] * len(names) + [0.4] * spreads
    tail: list[float] = [0.05] * spreads
    if more:
        first, last, start = {"core_shell_sphere": (-3.0, 0.9, 0.0), "fractal": (1.0, 3.0, 2.2)}[told.shape]
        low, high, tail = [*low, first], [*high, last], [*tail, start]
    middle = np.log([told.sizes[name][0] for name in names])
    value, lowest, highest = told.sizes[names[0]]
    least, most = np.log((lowest or value / 2) / value), np.log((highest or value * 2) / value)
    step, fewest, limit = SCAN
    factors = np.linspace(least, most, int(np.clip((most - least) / step, fewest, limit)))
    tried = []
    for factor in factors:
        for spread in (0.003, 0.08) if spreads else (0.0,):
            start = np.concatenate([middle + factor, [spread] * spreads, tail[spreads:]])
            start = np.clip(start, np.array(low) + 1e-6, np.array(high) - 1e-6)
            tried.append((float(np.square(residuals(start)).sum()), len(tried), start))
    for _, _, start in sorted(tried)[:STARTS] if len(names) > 1 else []:
        for factor in OTHERS:
            other = start.copy()
            other[1] = np.clip(other[1] + np.log(factor), low[1] + 1e-6, high[1] - 1e-6)
            tried.append((float(np.square(residuals(other)).sum()), len(tried), other))
    best = None
    for _, _, start in sorted(tried)[:STARTS]:
        found = least_squares(residuals, start, bounds=(low, high), max_nfev=MOST_CALLS, x_scale="jac", diff_step=1e-4)
        if best is None or found.cost < best.cost:
            best = found
    assert best is not None
    freedom = max(1, len(q) - len(best.x) - 2)
    misfit = 2 * float(best.cost) / freedom
    covariance = np.linalg.pinv(best.jac.T @ best.jac) * misfit
    values = np.exp(best.x[: len(names)])
    errors = values * np.sqrt(np.maximum(np.diag(covariance)[: len(names)], 0))
    return Fit({name: (float(v), float(e)) for name, v, e in zip(names, values, errors)}, float(best.x[len(names)]) if spreads else 0.0, misfit, calls)
