"""Which models are tried, with which settings, in which order.

First a fixed list of settings that do well on small scientific tables, cheap and different ones early; then settings drawn near the
best of each family.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

Settings = dict[str, Any]
LEAST_COLUMNS = 8
MOST_KERNEL_ROWS = 5_000
MANY_ROWS = 10_000
"""Above, boosted trees come first: they are then the cheapest."""
MOST_PROCESS_ROWS = 2_500
MOST_PROCESS_COLUMNS = 24


def key(settings: Settings) -> str:
    return json.dumps(settings, sort_keys=True)


def _boosted(objective: str, **more: Any) -> Settings:
    usual = {"rate": 0.05, "leaves": 20, "columns": 0.4, "rows": 0.8, "leafRows": 5, "l2": 0.1, "extra": False}
    return {"family": "boosted", "take": "all", "objective": objective, **usual, **more}


def _forest(family: str, take: str, share: float, leaf: int = 1) -> Settings:
    return {"family": family, "take": take, "columns": share, "leafRows": leaf}


def _support(take: str, c: float, gamma: float, lean: float, epsilon: float = 0.05) -> Settings:
    return {"family": "support", "take": take, "c": c, "gamma": gamma, "lean": lean, "epsilon": epsilon}


def portfolio(task: str, rows: int, parts: list[str], metric: str) -> list[Settings]:
    """The fixed list, for columns of these parts. `take` is `all`, or `reduced` where leaving out statistics and fingerprints leaves
    something. Each tree is offered at least `LEAST_COLUMNS` of the columns."""
    counts = {"all": len(parts), "reduced": len(without_statistics(parts))}
    listed = _listed(task, rows, is_reducible(parts), counts["reduced"] or counts["all"], metric)
    for one in listed:
        if "columns" in one:
            one["columns"] = round(min(1.0, max(one["columns"], LEAST_COLUMNS / counts[one["take"]])), 3)
    if rows > MANY_ROWS:
        listed.sort(key=lambda one: one["family"] != "boosted")
    return list({key(one): one for one in listed}.values())


def without_statistics(parts: list[str]) -> list[int]:
    return [at for at, part in enumerate(parts) if part not in ("statistic", "fingerprint")]


def is_reducible(parts: list[str]) -> bool:
    return 0 < len(without_statistics(parts)) < len(parts)


def _listed(task: str, rows: int, reduced: bool, columns: int, metric: str) -> list[Settings]:
    small = "reduced" if reduced else "all"
    if task == "classification":
        listed = [
            _boosted("classes"),
            _forest("extra", "all", 0.5),
            {"family": "linear", "take": small, "penalty": 1.0},
            _forest("forest", "all", 0.4),
            _boosted("classes", rate=0.03, leaves=7, leafRows=10, columns=0.7),
            _forest("extra", small, 0.7),
            _boosted("classes", extra=True, leaves=31, columns=0.7),
        ]
        return listed
    absolute = "absolute" if metric == "mae" else "squared"
    kernels = rows <= MOST_KERNEL_ROWS
    process = rows <= MOST_PROCESS_ROWS and columns <= MOST_PROCESS_COLUMNS
    listed = [
        *([_support("all", 10, 1.0, 0.5), _support(small, 10, 1.0, 0.5)] if kernels else []),
        *([_support(small, 3, 1.0, 0.25)] if kernels else []),
        _forest("extra", small, 0.7),
        _forest("extra", "all", 0.4),
        _boosted("squared"),
        *([_support("all", 3, 0.3, 0.5), _support(small, 10, 1.0, 0.0)] if kernels else []),
        _boosted(absolute, leaves=31, take=small),
        *([_support("all", 10, 0.3, 0.25), _support(small, 10, 3.0, 0.5)] if kernels else []),
        *([{"family": "process", "take": small, "kernel": "matern52"}] if process else []),
        {"family": "linear", "take": small, "penalty": 1.0},
        _boosted("squared", extra=True, leaves=31, leafRows=3, columns=0.6),
        *(
            [_support(small, 10, 0.3, 0.25), _support("all", 30, 1.0, 0.5), _support(small, 100, 0.3, 0.0)]
            if kernels
            else []
        ),
        _boosted("squared", leaves=8, rate=0.08, columns=0.8, take=small),
        _forest("extra", small, 1.0, 2),
        _forest("forest", "all", 0.33),
    ]
    return listed


def near(settings: Settings, reduced: bool, random: np.random.Generator) -> Settings:
    """Other settings of the same family, drawn around these."""
    made = dict(settings)

    def times(name: str, spread: float, low: float, high: float) -> None:
        made[name] = float(f"{np.clip(made[name] * np.exp(random.normal(0, spread)), low, high):.3g}")

    if reduced and random.random() < 0.25:
        made["take"] = "reduced" if made["take"] == "all" else "all"
    family = made["family"]
    if family == "boosted":
        times("rate", 0.4, 0.015, 0.2)
        times("columns", 0.4, 0.1, 1.0)
        times("rows", 0.2, 0.5, 1.0)
        times("l2", 1.5, 0.001, 30)
        made["leaves"] = int(np.clip(round(made["leaves"] * np.exp(random.normal(0, 0.6))), 4, 127))
        made["leafRows"] = int(np.clip(round(made["leafRows"] * np.exp(random.normal(0, 0.6))), 1, 60))
        made["extra"] = bool(made["extra"] ^ (random.random() < 0.2))
    elif family in ("extra", "forest"):
        times("columns", 0.4, 0.1, 1.0)
        made["leafRows"] = int(np.clip(made["leafRows"] + random.integers(-1, 2), 1, 10))
    elif family == "support":
        times("c", 0.8, 0.1, 1000)
        times("gamma", 0.6, 0.02, 20)
        times("epsilon", 0.7, 0.003, 0.3)
        made["lean"] = float(np.clip(round(made["lean"] + random.normal(0, 0.15), 2), 0.0, 1.0))
    elif family == "process":
        made["kernel"] = "rbf" if made["kernel"] == "matern52" else "matern52"
    else:
        times("penalty", 1.5, 0.001, 1000)
    return made
