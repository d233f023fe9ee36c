"""Everything that decides how a training goes on, as named tensors and JSON, and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from .errors import Refused

Tensors = dict[str, torch.Tensor]


def named(prefix: str, tensors: Tensors) -> Tensors:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def under(prefix: str, tensors: Tensors) -> Tensors:
    return {name[len(prefix) + 1 :]: tensor for name, tensor in tensors.items() if name.startswith(f"{prefix}.")}


def copy_of(module: nn.Module) -> Tensors:
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> Tensors:
    """The optimiser's tensors by parameter number and name (step counts and moments)."""
    found: Tensors = {}
    for number, values in optimiser.state_dict()["state"].items():
        for key, value in values.items():
            found[f"{number}.{key}"] = value if torch.is_tensor(value) else torch.tensor(value)
    return found


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Tensors) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        number, key = name.split(".", 1)
        state.setdefault(int(number), {})[key] = tensor
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


@dataclass
class Progress:
    """Where a training is: `member` now in work, `step` steps of it done, and what it has seen so far."""

    member: int = 0
    step: int = 0
    best: float | None = None
    best_step: int = 0
    loss_sum: float = 0.0
    loss_steps: int = 0
    scaler: dict[str, Any] = field(default_factory=dict)
    tracking: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(state: dict[str, Any]) -> "Progress":
        try:
            return Progress(**state["progress"])
        except (KeyError, TypeError) as error:
            raise Refused("checkpoint", f"its state lacks what this version needs ({error})") from error
