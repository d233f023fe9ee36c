"""What a trained model tells of one measured curve: shape with probability, and sizes with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genesis_deep.errors import Refused
from genesis_deep.predict import open_model

from .grid import FEWEST, to_grid
from .readers import Curve
from .shapes import NAMES, SLOTS, slots_of


@dataclass
class Told:
    """`sizes`: for each size of the told shape its value, low and high end in Å (ends absent where no interval holds)."""

    shape: str
    probabilities: dict[str, float]
    sizes: dict[str, tuple[float, float | None, float | None]]
    points: int


class Model:
    """model.json and model.onnx of one folder, by ONNX Runtime."""

    def __init__(self, folder: Path) -> None:
        self.about, self.session = open_model(folder)
        self.sizes: list[dict[str, Any]] = self.about["config"].get("sizes", [])
        if [(entry["shape"], entry["size"]) for entry in self.sizes] != list(SLOTS):
            raise Refused("model", "this is no model of this version of the scattering kit; train one")

    def tell(self, curve: Curve, shape: str | None = None) -> Told:
        """The most probable shape, or the one asked for."""
        grid = to_grid(curve.q, curve.intensity, curve.sigma, curve.dq)
        mask = grid[1]
        if mask.sum() < FEWEST:
            raise Refused(curve.name, f"{int(mask.sum())} grid points from 0.001 to 0.6 1/Å have a positive intensity; at least {FEWEST} are needed")
        chance, mean, sd = (part[0] for part in self.session.run(["probabilities", "ln_size_mean", "ln_size_sd"], {"x": grid.reshape(1, -1)}))
        told = shape or NAMES[int(chance.argmax())]
        sizes: dict[str, tuple[float, float | None, float | None]] = {}
        for slot in slots_of(told):
            quantile = self.sizes[slot]["quantile"]
            ends = (None, None) if quantile is None else tuple(float(np.exp(mean[slot] + side * quantile * sd[slot])) for side in (-1, 1))
            sizes[SLOTS[slot][1]] = (float(np.exp(mean[slot])), *ends)  # type: ignore[assignment]
        return Told(told, {name: float(value) for name, value in zip(NAMES, chance)}, sizes, int(mask.sum()))
