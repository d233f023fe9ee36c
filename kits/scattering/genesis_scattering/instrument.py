"""Random instruments: the q range and its points, resolution, background, an upturn at low q, and counting noise."""

from __future__ import annotations

import numpy as np

from .bank import SMEARS, U, Bank
from .grid import CHANNELS, FEWEST, POINTS, to_grid
from .shapes import SHAPES, SLOTS, slots_of

SMALLEST, LARGEST = 6.0, 900.0
"""The first size, in Å."""
LOG_U = np.log(U)


def _points(random: np.random.Generator) -> np.ndarray:
    """Where an instrument measures: 20 to 400 points between a low and a high q, even in q, in log q, or in two panels."""
    while True:
        low, high = np.exp(random.uniform(np.log(0.001), np.log(0.03))), np.exp(random.uniform(np.log(0.06), np.log(0.6)))
        if high > 6 * low:
            break
    count = int(np.exp(random.uniform(np.log(20), np.log(400))))
    if random.random() < 0.5:
        return np.linspace(low, high, count)
    return np.exp(np.linspace(np.log(low), np.log(high), max(count, 40)))


def _resolution(random: np.random.Generator, q: np.ndarray) -> np.ndarray:
    """dq/q at each q: a constant part, and a part that falls as 1/q; a third of the instruments is (nearly) exact."""
    if random.random() < 0.35:
        return np.full(len(q), random.uniform(0.0, 0.01))
    constant = random.uniform(0.01, 0.17)
    falling = (random.uniform(0.0, 0.15) if random.random() < 0.5 else 0.0) * q[0] / q
    return np.minimum(np.sqrt(constant**2 + falling**2), SMEARS[-1])


def smeared(curves: np.ndarray, log_u: np.ndarray, width: np.ndarray) -> np.ndarray:
    """ln I at the points, between the two kept resolutions that enclose each width."""
    levels = np.stack([np.interp(log_u, LOG_U, curve) for curve in curves])
    place = np.interp(width, SMEARS, np.arange(len(SMEARS)))
    below = np.minimum(place.astype(int), len(SMEARS) - 2)
    share, at = place - below, np.arange(len(width))
    return (1 - share) * levels[below, at] + share * levels[below + 1, at]


def measure(bank: Bank, shape: int, particle: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray] | None:
    """A measured curve on the grid [3, 128] and ln sizes; none where the draw shows nothing of the particle."""
    q = _points(random)
    # something of the smallest size must be seen, and not only the slope behind it
    low, high = max(SMALLEST, 2.0 / q[-1]), min(LARGEST, 4.0 / q[0])
    if low >= high:
        return None
    size = np.exp(random.uniform(np.log(low), np.log(high)))
    width = _resolution(random, q)
    exact = smeared(bank.curves[shape][particle], np.log(q * size), width)
    intensity = np.exp(exact - exact.max())
    if random.random() < 0.2:
        power = random.uniform(3.0, 4.0)
        intensity = intensity + intensity[0] * np.exp(random.uniform(np.log(0.02), np.log(1.0))) * (q / q[0]) ** -power
    if random.random() < 0.7:
        intensity = intensity + intensity.max() * np.exp(random.uniform(np.log(1e-6), np.log(1e-2)))
    sigma = None
    if random.random() < 0.75:
        top = intensity.max()
        sigma = np.sqrt((np.exp(random.uniform(np.log(1e-3), np.log(0.04))) ** 2) * intensity * top + (top * np.exp(random.uniform(np.log(1e-7), np.log(2e-3)))) ** 2)
        intensity = intensity + sigma * random.standard_normal(len(q))
        if random.random() < 0.3:
            intensity = intensity - random.uniform(0, 2) * sigma.min()
    # half of the files tell their resolution
    found = to_grid(q, intensity, sigma, width * q if random.random() < 0.5 else None)
    if found[1].sum() < FEWEST:
        return None
    return found, np.log(size * bank.sizes[shape][particle])


def simulate(bank: Bank, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """x [count, 3 x 128]: the grid's channels. y [count, 1 + slots]: the shape's number, then ln of each size (Å), NaN for other shapes'."""
    x = np.empty((count, CHANNELS * POINTS), dtype=np.float32)
    y = np.full((count, 1 + len(SLOTS)), np.nan, dtype=np.float32)
    slots = [[1 + at for at in slots_of(shape.name)] for shape in SHAPES]
    random = np.random.default_rng([seed, 0x51])
    for at in range(count):
        shape = at % len(SHAPES)
        found = None
        while found is None:
            found = measure(bank, shape, int(random.integers(len(bank.curves[shape]))), random)
        x[at], sizes = found[0].ravel(), found[1]
        y[at, 0] = shape
        y[at, slots[shape]] = sizes
    return x, y
