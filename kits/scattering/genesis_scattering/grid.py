"""The grid that every curve is brought to, simulated or measured, by the same code: log q, log intensity, and what was measured."""

from __future__ import annotations

import numpy as np

POINTS = 128
CHANNELS = 3
"""Values, mask, and resolution."""
UNTOLD = -1.0
"""The resolution where nobody told it."""
GRID = np.exp(np.linspace(np.log(0.001), np.log(0.6), POINTS))
"""q in 1/Å."""
LOGS = np.log(GRID)
STEP = float(LOGS[1] - LOGS[0])
NEAR = 0.55
"""A grid point counts as measured when a measured point is this near (in grid steps), or lies between two close ones."""
GAP = 2.2
"""Two measured points at most this far apart (in grid steps) are joined."""
FEWEST = 8


def to_grid(q: np.ndarray, intensity: np.ndarray, sigma: np.ndarray | None = None, dq: np.ndarray | None = None) -> np.ndarray:
    """[3, 128] float32: log10 intensity less its mean over what was measured (0 where nothing was); 1 where something was measured;
    and 10 dq/q, the resolution (-1 where it is not told).

    Points that fall to one grid cell are averaged (by 1/sigma^2 where errors are given); a mean that is not positive counts as
    not measured, as does every point outside of 0.001 to 0.6 1/Å.
    """
    good = np.isfinite(q) & np.isfinite(intensity) & (q > GRID[0] * np.exp(-STEP)) & (q < GRID[-1] * np.exp(STEP))
    q, intensity = q[good], intensity[good]
    dq = None if dq is None else dq[good]
    found = np.zeros((CHANNELS, POINTS), dtype=np.float32)
    found[2] = UNTOLD
    weight = np.ones(len(q))
    if sigma is not None:
        sigma = sigma[good]
        if len(sigma) and np.isfinite(sigma).all() and (sigma > 0).all():
            weight = 1 / sigma**2
    cell = np.rint((np.log(q) - LOGS[0]) / STEP).astype(int) + 1
    total = np.bincount(cell, weight, POINTS + 2)
    seen = total > 0
    safe = np.where(seen, total, 1)
    mean_q = np.bincount(cell, weight * np.log(q), POINTS + 2) / safe
    mean_i = np.bincount(cell, weight * intensity, POINTS + 2) / safe
    seen &= mean_i > 0
    if seen.sum() < 2:
        return found
    x, y = mean_q[seen], np.log10(mean_i[seen])
    after = np.clip(np.searchsorted(x, LOGS), 1, len(x) - 1)
    left, right = x[after - 1], x[after]
    nearest = np.minimum(np.abs(LOGS - left), np.abs(LOGS - right))
    inside = (LOGS >= x[0]) & (LOGS <= x[-1]) & (right - left <= GAP * STEP)
    on = (nearest <= NEAR * STEP) | inside
    if not on.any():
        return found
    values = np.interp(LOGS, x, y)
    found[0] = np.where(on, values - values[on].mean(), 0.0)
    found[1] = on
    if dq is not None:
        found[2] = np.where(on, 10 * np.interp(LOGS, np.log(q), dq / q), UNTOLD)
    return found
