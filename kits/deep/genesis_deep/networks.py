"""The networks: a residual MLP for tables, a 1-D convolutional network and a transformer for curves and spectra.

None keeps statistics of a batch, so that the cut of a batch over processes or micro-batches changes rounding only.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    """x + W2 dropout(gelu(W1 norm(x)))  (pre-norm; Gorishniy et al. 2021, "Revisiting deep learning models for tabular data")."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first = nn.Linear(width, 2 * width)
        self.second = nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.dropout(F.gelu(self.first(self.norm(x)))))


class ResidualMlp(nn.Module):
    """[n, inputs] to [n, outputs]."""

    def __init__(self, inputs: int, outputs: int, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, width)
        self.blocks = nn.ModuleList(ResidualBlock(width, dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        h = self.enter(x)
        for block in self.blocks:
            h = block(h)
        return self.leave(F.gelu(self.norm(h)))


class ConvBlock(nn.Module):
    """Two convolutions of 5 points with a short cut; halves the points when `stride` is 2."""

    def __init__(self, inputs: int, outputs: int, stride: int, dropout: float) -> None:
        super().__init__()
        self.first = nn.Conv1d(inputs, outputs, 5, stride=stride, padding=2)
        self.norm1 = nn.GroupNorm(1, outputs)
        self.second = nn.Conv1d(outputs, outputs, 5, padding=2)
        self.norm2 = nn.GroupNorm(1, outputs)
        self.short = nn.Conv1d(inputs, outputs, 1, stride=stride)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        h = F.gelu(self.norm1(self.first(x)))
        h = self.norm2(self.second(self.dropout(h)))
        return F.gelu(h + self.short(x))


class ConvNet(nn.Module):
    """Curves [n, channels, points] and further inputs [n, extra] to [n, outputs]; the points are halved at each of `depth` stages."""

    def __init__(self, channels: int, points: int, extra: int, outputs: int, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        sizes = [max(8, width // 4)]
        left = points
        stages: list[nn.Module] = [nn.Conv1d(channels, sizes[0], 7, padding=3), nn.GELU()]
        for _ in range(depth):
            stride = 2 if left >= 8 else 1
            after = min(width, sizes[-1] * 2)
            stages.append(ConvBlock(sizes[-1], after, stride, dropout))
            sizes.append(after)
            left = math.ceil(left / stride)
        self.stages = nn.Sequential(*stages)
        self.pool = math.ceil(left / 8)
        pooled = math.ceil(left / self.pool)
        self.head = ResidualMlp(sizes[-1] * pooled + extra, outputs, width, 1, dropout)

    def forward(self, curve: Tensor, extra: Tensor) -> Tensor:
        h = self.stages(curve)
        h = F.avg_pool1d(h, self.pool, ceil_mode=True)
        return self.head(torch.cat([h.flatten(1), extra], dim=1))


class Attention(nn.Module):
    """Multi-head self-attention in plain products, so that it exports to ONNX without further operators."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.all = nn.Linear(width, 3 * width)
        self.leave = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        n, tokens, width = x.shape
        parts = self.all(x).reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = parts[0], parts[1], parts[2]
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(width // self.heads), dim=-1)
        return self.leave((weights @ v).transpose(1, 2).reshape(n, tokens, width))


class Transformer(nn.Module):
    """The curve is cut into patches, each a token; `depth` pre-norm layers, then the mean over tokens and a head."""

    def __init__(self, channels: int, points: int, extra: int, outputs: int, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        self.patch = max(1, math.ceil(points / 64), min(4, points // 8))
        tokens = math.ceil(points / self.patch)
        self.pad = tokens * self.patch - points
        heads = next(h for h in (4, 2, 1) if width % h == 0)
        self.enter = nn.Linear(channels * self.patch, width)
        self.place = nn.Parameter(torch.zeros(1, tokens, width))
        nn.init.normal_(self.place, std=0.02)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(depth))
        self.attentions = nn.ModuleList(Attention(width, heads) for _ in range(depth))
        self.blocks = nn.ModuleList(ResidualBlock(width, dropout) for _ in range(depth))
        self.head = ResidualMlp(width + extra, outputs, width, 1, dropout)

    def forward(self, curve: Tensor, extra: Tensor) -> Tensor:
        n, channels, _ = curve.shape
        padded = F.pad(curve, (0, self.pad))
        patches = padded.reshape(n, channels, -1, self.patch).transpose(1, 2).flatten(2)
        h = self.enter(patches) + self.place
        for norm, attention, block in zip(self.norms, self.attentions, self.blocks):
            h = block(h + attention(norm(h)))
        return self.head(torch.cat([h.mean(dim=1), extra], dim=1))
