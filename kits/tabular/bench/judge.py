"""What the comparison says: figures of each table, and whether they hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

MARGIN = 1.02
"""Mean absolute error of the kit over that of the best peer, at most."""
STEELS_LIMIT = 90.0
LEVEL = 0.9
METHODS = ("kit", "lightgbm", "histogram boosting", "flaml")


@dataclass
class Figures:
    table: str
    rows: int
    unit: str
    seconds: float
    fits: int
    mae: dict[str, float]
    wall: dict[str, float]
    cpu: dict[str, float]
    bestPeer: str
    ratio: float
    ratioUpper95: float
    coverage: float
    coverageLow: float
    coverageHigh: float
    notWorse: bool
    covers: bool


def upper_ratio(own: np.ndarray, peer: np.ndarray, held_share: float) -> float:
    """The smallest margin m for which `own - m peer` has a one-sided 95 % upper bound of zero, paired over folds and repeats, with the
    variance corrected for training rows that folds share (Nadeau and Bengio, Mach. Learn. 52, 239, 2003)."""
    count = len(own)
    quantile = stats.t.ppf(0.95, count - 1)

    def bound(margin: float) -> float:
        difference = own - margin * peer
        spread = difference.std(ddof=1) * np.sqrt(1 / count + held_share / (1 - held_share))
        return float(difference.mean() + quantile * spread)

    low, high = 0.2, 5.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if bound(middle) > 0 else (low, middle)
    return high


def binomial_interval(share: float, rows: int, confidence: float = 0.99) -> tuple[float, float]:
    """Clopper and Pearson's. Repeats say the same rows again, so rows are counted once."""
    found = stats.binomtest(round(share * rows), rows).proportion_ci(confidence, method="exact")
    return float(found.low), float(found.high)


def figures(
    table: str, rows: int, unit: str, seconds: float, folds: list[dict[str, np.ndarray]], quick: bool
) -> Figures:
    """`folds` holds, for each fold of each repeat: absolute errors by method, whether intervals held, and times by method."""
    mae = {method: np.array([one[method].mean() for one in folds]) for method in METHODS}
    mean = {method: float(values.mean()) for method, values in mae.items()}
    best = min(METHODS[1:], key=lambda method: mean[method])
    ratio, upper = mean["kit"] / mean[best], upper_ratio(mae["kit"], mae[best], 0.2)
    inside = np.concatenate([one["inside"] for one in folds])
    coverage = float(inside.mean())
    low, high = binomial_interval(coverage, rows)
    return Figures(
        table=table,
        rows=rows,
        unit=unit,
        seconds=seconds,
        fits=len(folds),
        mae=mean,
        wall={method: float(np.mean([one[f"wall {method}"] for one in folds])) for method in METHODS},
        cpu={method: float(np.mean([one[f"cpu {method}"] for one in folds])) for method in METHODS},
        bestPeer=best,
        ratio=ratio,
        ratioUpper95=upper,
        coverage=coverage,
        coverageLow=low,
        coverageHigh=high,
        notWorse=(ratio if quick else upper) <= MARGIN,
        covers=low <= LEVEL <= high,
    )


def mean_ranks(tables: list[list[dict[str, np.ndarray]]]) -> dict[str, float]:
    """Ranks in each fold, averaged over a table's folds and then over tables; 1 is best."""
    by_table = []
    for folds in tables:
        errors = np.array([[one[method].mean() for method in METHODS] for one in folds])
        by_table.append(stats.rankdata(errors, axis=1).mean(axis=0))
    return dict(zip(METHODS, np.mean(by_table, axis=0).tolist(), strict=True))


def judgement(found: list[Figures], ranks: dict[str, float], quick: bool) -> dict[str, object]:
    steels = next((one.mae["kit"] for one in found if one.table == "steels"), None)
    checks = {f"{one.table}: not worse than {one.bestPeer} by more than 2 %": one.notWorse for one in found}
    checks |= {f"{one.table}: intervals cover 90 %": one.covers for one in found}
    checks["best mean rank"] = ranks["kit"] < min(ranks[method] for method in METHODS[1:])
    if steels is not None:
        checks[f"steels: mean absolute error at most {STEELS_LIMIT:g} MPa"] = steels <= STEELS_LIMIT
    return {
        "quick": quick,
        "tables": [asdict(one) for one in found],
        "ranks": ranks,
        "checks": checks,
        "holds": all(checks.values()),
    }
