"""One network for shape and sizes, and an ensemble of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genesis_deep.networks import ConvNet, ResidualMlp

from .grid import CHANNELS, POINTS
from .shapes import NAMES, SLOTS

SMALLEST_SD = 0.002
"""Smallest standard deviation of ln size that a head may tell."""


class Teller(nn.Module):
    """[n, 384] (values, mask, resolution) to logits of the shapes, and mean and standard deviation of ln size (Å) for every size of every shape."""

    def __init__(self, architecture: str, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        outputs = len(NAMES) + 2 * len(SLOTS)
        self.flat = architecture == "mlp"
        if self.flat:
            self.body: nn.Module = ResidualMlp(CHANNELS * POINTS, outputs, width, depth, dropout)
        else:
            self.body = ConvNet(CHANNELS, POINTS, CHANNELS * POINTS, outputs, width, depth, dropout)
        self.register_buffer("centre", torch.zeros(len(SLOTS)))
        self.register_buffer("spread", torch.ones(len(SLOTS)))

    def fit(self, y: Tensor) -> None:
        """Sets the scaling of the sizes from training curves."""
        sizes = y[:, 1:]
        known = ~torch.isnan(sizes)
        count = known.sum(0).clamp_min(1)
        self.centre.copy_(torch.where(known, sizes, torch.zeros_like(sizes)).sum(0) / count)
        self.spread.copy_((torch.where(known, sizes - self.centre, torch.zeros_like(sizes)).square().sum(0) / count).sqrt().clamp_min(1e-3))

    def parts(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, and mean and raw spread of the scaled ln sizes."""
        heads = self.body(x) if self.flat else self.body(x.reshape(-1, CHANNELS, POINTS), x)
        return heads[:, : len(NAMES)], heads[:, len(NAMES) : len(NAMES) + len(SLOTS)], heads[:, len(NAMES) + len(SLOTS) :]

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        """Cross-entropy of the shape plus the mean Gaussian negative log-likelihood of the true shape's sizes; one for each row."""
        logits, mean, raw = (part.float() for part in self.parts(x))
        sizes = y[:, 1:]
        known = ~torch.isnan(sizes)
        scaled = (torch.where(known, sizes, self.centre) - self.centre) / self.spread
        sd = F.softplus(raw) + SMALLEST_SD
        likelihood = torch.log(sd) + 0.5 * ((scaled - mean) / sd).square()
        sized = torch.where(known, likelihood, torch.zeros_like(likelihood)).sum(1) / known.sum(1).clamp_min(1)
        return F.cross_entropy(logits, y[:, 0].long(), reduction="none") + sized

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, mean, raw = self.parts(x)
        return logits, mean * self.spread + self.centre, (F.softplus(raw) + SMALLEST_SD) * self.spread


class Tellers(nn.Module):
    """The ensemble: (probabilities [n, shapes], mean and total sd of ln size [n, sizes]); temperature set on held-out simulations."""

    def __init__(self, members: list[Teller]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.register_buffer("temperature", torch.ones(1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        found = [member(x) for member in self.members]
        chance = torch.stack([torch.softmax(logits / self.temperature, dim=1) for logits, _, _ in found]).mean(0)
        means = torch.stack([mean for _, mean, _ in found])
        sds = torch.stack([sd for _, _, sd in found])
        mean = means.mean(0)
        return chance, mean, torch.sqrt((sds**2).mean(0) + ((means - mean) ** 2).mean(0))
