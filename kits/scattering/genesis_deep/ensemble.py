"""A deep ensemble (Lakshminarayanan et al. 2017): the mean of its members, and their total standard deviation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .member import Member


class Ensemble(nn.Module):
    """Regression: (mean, sd) with sd^2 = mean of the members' variances + variance of their means. Classification: probabilities
    [n, classes], the mean of the members' softmax at one temperature."""

    def __init__(self, members: list[Member]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.classes = members[0].classes
        self.register_buffer("temperature", torch.ones(1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor] | Tensor:
        found = [member(x) for member in self.members]
        if self.classes:
            return torch.stack([torch.softmax(logits / self.temperature, dim=1) for logits in found]).mean(dim=0)
        means = torch.stack([mean for mean, _ in found])
        spreads = torch.stack([spread for _, spread in found])
        mean = means.mean(dim=0)
        return mean, torch.sqrt((spreads**2).mean(dim=0) + ((means - mean) ** 2).mean(dim=0))


@torch.no_grad()
def evaluate(module: nn.Module, x: Tensor, batch: int = 1024) -> tuple[Tensor, ...]:
    """The module's outputs for all rows, on the CPU, in batches; the module is left in evaluation mode."""
    module.eval()
    device = next(module.parameters()).device
    found = []
    for start in range(0, len(x), batch):
        given = module(x[start : start + batch].to(device))
        found.append(tuple(part.cpu() for part in (given if isinstance(given, tuple) else (given,))))
    return tuple(torch.cat(parts) for parts in zip(*found))
