"""One member of an ensemble: takes the raw matrix, scales it inside the network, and gives its heads' values."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .networks import ConvNet, ResidualMlp, Transformer
from .table import Feature

SMALLEST_SD = 1e-4
"""Smallest standard deviation a head may tell, in units of the target's own spread."""


class Prepare(nn.Module):
    """Raw columns to scaled ones: missing numbers to the mean with a flag, categories to one-hot, curves to value and mask."""

    def __init__(self, features: list[Feature]) -> None:
        super().__init__()
        self.features = features
        numbers = sum(1 for feature in features if feature.kind == "number")
        self.curve = next((feature for feature in features if feature.kind == "curve"), None)
        self.extra = 2 * numbers + sum(len(f.categories) for f in features if f.kind == "category")
        self.register_buffer("centre", torch.zeros(max(1, numbers)))
        self.register_buffer("spread", torch.ones(max(1, numbers)))
        points = self.curve.width if self.curve else 1
        self.register_buffer("curve_centre", torch.zeros(points))
        self.register_buffer("curve_spread", torch.ones(1))

    def _curve(self, part: Tensor) -> tuple[Tensor, Tensor]:
        known = part == part  # NaN is the only value that differs from itself
        if self.curve is not None and self.curve.transform == "log10":
            known = known & (part > 0)
            value = torch.log10(torch.where(known, part, torch.ones_like(part)))
        else:
            value = torch.where(known, part, torch.zeros_like(part))
        return value, known.to(part.dtype)

    def fit(self, x: np.ndarray) -> None:
        """Sets centre and spread from the training rows."""
        at = number = 0
        for feature in self.features:
            part = x[:, at : at + feature.width]
            at += feature.width
            if feature.kind == "number":
                known = part[np.isfinite(part)].astype(float)
                self.centre[number] = float(known.mean()) if known.size else 0.0
                self.spread[number] = max(float(known.std()), 1e-12) if known.size else 1.0
                number += 1
            elif feature.kind == "curve":
                value, mask = self._curve(torch.from_numpy(np.ascontiguousarray(part)))
                values, known = value.double().numpy(), mask.double().numpy()
                centre = (values * known).sum(0) / np.maximum(known.sum(0), 1)
                square = (((values - centre) ** 2) * known).sum() / max(known.sum(), 1)
                self.curve_centre.copy_(torch.from_numpy(centre))
                self.curve_spread.fill_(max(float(np.sqrt(square)), 1e-12))

    def forward(self, x: Tensor) -> tuple[Tensor | None, Tensor]:
        curve = None
        found: list[Tensor] = []
        at = number = 0
        for feature in self.features:
            part = x[:, at : at + feature.width]
            at += feature.width
            if feature.kind == "number":
                known = part == part
                value = (torch.where(known, part, self.centre[number].expand_as(part)) - self.centre[number]) / self.spread[number]
                found += [torch.clamp(value, -20.0, 20.0), known.to(x.dtype)]
                number += 1
            elif feature.kind == "category":
                places = torch.arange(len(feature.categories), device=x.device, dtype=x.dtype)
                found.append((part == places).to(x.dtype))
            else:
                value, mask = self._curve(part)
                curve = torch.stack([(value - self.curve_centre) / self.curve_spread * mask, mask], dim=1)
        extra = torch.cat(found, dim=1) if found else x[:, :0]
        return curve, extra


class Member(nn.Module):
    """[n, columns] to (mean, standard deviation) of the target for regression, or to logits [n, classes]."""

    def __init__(self, features: list[Feature], classes: int, architecture: str, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        self.classes = classes
        self.prepare = Prepare(features)
        outputs = classes or 2
        curve = self.prepare.curve
        self.flat = architecture == "mlp"
        if self.flat:
            points = 2 * curve.width if curve else 0
            self.body: nn.Module = ResidualMlp(self.prepare.extra + points, outputs, width, depth, dropout)
        else:
            assert curve is not None
            kind = ConvNet if architecture == "conv" else Transformer
            self.body = kind(2, curve.width, self.prepare.extra, outputs, width, depth, dropout)
        self.register_buffer("target_centre", torch.zeros(1))
        self.register_buffer("target_spread", torch.ones(1))

    def fit(self, x: np.ndarray, y: np.ndarray) -> None:
        """Sets the scaling of inputs and target from the training rows."""
        self.prepare.fit(x)
        if not self.classes:
            self.target_centre.fill_(float(y.mean()))
            self.target_spread.fill_(max(float(y.std()), 1e-12))

    def heads(self, x: Tensor) -> Tensor:
        """The last layer's values: [n, 2] (scaled mean, raw spread) or [n, classes]."""
        curve, extra = self.prepare(x)
        if self.flat:
            return self.body(extra if curve is None else torch.cat([curve.flatten(1), extra], dim=1))
        return self.body(curve, extra)

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        """One loss for each row: cross-entropy, or the Gaussian negative log-likelihood of the scaled target (Nix and Weigend 1994)."""
        heads = self.heads(x).float()
        if self.classes:
            return F.cross_entropy(heads, y, reduction="none")
        variance = (F.softplus(heads[:, 1]) + SMALLEST_SD) ** 2
        scaled = (y - self.target_centre) / self.target_spread
        return 0.5 * (torch.log(variance) + (scaled - heads[:, 0]) ** 2 / variance)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor] | Tensor:
        heads = self.heads(x)
        if self.classes:
            return heads
        mean = heads[:, 0] * self.target_spread + self.target_centre
        return mean, (F.softplus(heads[:, 1]) + SMALLEST_SD) * self.target_spread
