"""The capability `train`: from a table to a measured model. Run as `python -m genesis_tabular.train` in the folder of a job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from . import VERSION
from .columns import read_table
from .dataset import Dataset, prepare
from .features import Featurizer
from .folds import make_folds
from .job import INPUTS, main, say, thread_count
from .metrics import REPORTED, UNITLESS, bootstrap
from .model_files import write_model
from .nested import Outer, cross_validate, every_class, fit_rows, units_of
from .request import Request, read_request
from .search import Budget

ON = "outer folds of the training data"


def train(given: dict[str, Any]) -> dict[str, Any]:
    asked = read_request(given)
    data = prepare(read_table(str(INPUTS / "table.parquet")), asked)
    featurizer = Featurizer.learn(data.columns)
    base = featurizer.transform(data.columns)
    say(f"{len(base)} rows, {len(data.columns)} inputs, {base.shape[1]} features")
    units = units_of(data, featurizer, base)
    outer = make_folds(asked.folds, units, data.time, data.target if data.classes else None, asked.seed)
    every_class(data, data.target, outer)
    rounds = len(outer) + 1
    fits = None if asked.fits is None else max(1, asked.fits // rounds)
    budget = Budget(fits, None if asked.seconds is None else asked.seconds / rounds)
    settings = (budget, asked.level)
    threads = thread_count()
    measured = cross_validate(data, featurizer, base, units, outer, *settings, asked.seed, threads, say)
    say("the final model, on all rows")
    everything = np.arange(len(base))
    final = fit_rows(data, featurizer, base, units, everything, *settings, asked.seed, threads, say)
    if final.model.stopped_by_time:
        data.notes.append(
            "the search was ended by its seconds; another run may find another model. A budget in fits repeats exactly"
        )
    intervals = final.model.intervals
    if intervals is not None and intervals.factor < 1:
        data.notes.append(
            f"intervals are {1 - intervals.factor:.1%} narrower than errors on inner folds say: the final model, of all rows, errs less"
        )
    metrics = _metrics(data, measured, units, asked)
    members = [
        {"weight": round(weight, 6), **one}
        for one, weight in zip(final.model.settings, final.model.weights, strict=True)
    ]
    config = {
        **{"kit": "tabular", "kitVersion": VERSION, "target": asked.target, "groups": asked.groups, "time": asked.time},
        **{
            "metric": data.metric,
            "folds": len(outer),
            "seed": asked.seed,
            "intervalLevel": asked.level,
            "threads": threads,
        },
        **{
            "budget": {"fits": asked.fits, "seconds": asked.seconds},
            "members": members,
            "stoppedByTime": final.model.stopped_by_time,
            "intervalFactor": None if intervals is None else intervals.factor,
        },
    }
    _write_predictions(data, measured)
    write_model(
        Path("model"), data, featurizer, base, final, {"target": asked.target, "metrics": metrics, "config": config}
    )
    importances = [
        {"column": name, "lossIncrease": float(np.mean(found)), "deviation": float(np.std(found))}
        for name, found in measured.importances.items()
    ]
    return {
        "task": data.task,
        "rows": len(base),
        "inputs": [{"name": column.name, "kind": column.kind} for column in data.columns],
        "metrics": metrics,
        "importances": sorted(importances, key=lambda one: (-one["lossIncrease"], one["column"])),
        "members": members,
        "tried": final.model.tried,
        "fits": final.model.fits,
        "notes": data.notes,
    }


def _metrics(data: Dataset, measured: Outer, units: np.ndarray, asked: Request) -> list[dict[str, Any]]:
    target, own = data.target[measured.rows], units[measured.rows]

    def entry(name: str, score: Any) -> dict[str, Any] | None:
        value = score(np.arange(len(target)))
        if not np.isfinite(value):
            return None
        low, high = bootstrap(score, own, asked.seed)
        unit = None if name in UNITLESS or data.classes else data.target_unit
        return {"name": name, "value": value, "unit": unit, "on": ON, "n": len(target), "low": low, "high": high}

    found = []
    for name, score in REPORTED[data.task].items():
        found.append(entry(name, lambda rows, score=score: score(target[rows], measured.found[rows])))
    if measured.half_width is not None:
        width = measured.half_width
        inside = np.abs(target - measured.found[:, 0]) <= width
        found.append(entry("coverage", lambda rows: float(inside[rows].mean())))
        found.append(entry("meanIntervalWidth", lambda rows: float(2 * width[rows].mean())))
    return [one for one in found if one is not None]


def _write_predictions(data: Dataset, measured: Outer) -> None:
    """predictions.parquet: for each row that was held out, its place in the table, its fold, the target and what was said of it."""
    order = np.argsort(measured.rows, kind="stable")
    target = data.target[measured.rows][order]
    columns: dict[str, Any] = {"row": data.rows[measured.rows][order], "fold": measured.fold[order]}
    if data.classes:
        columns["target"] = [data.classes[int(at)] for at in target]
        columns["prediction"] = [data.classes[int(at)] for at in measured.found[order].argmax(axis=1)]
        for at, name in enumerate(data.classes):
            columns[f"probability: {name}"] = measured.found[order, at]
    else:
        columns |= {"target": target, "prediction": measured.found[order, 0]}
        if measured.half_width is not None:
            width = measured.half_width[order]
            columns |= {"lower": columns["prediction"] - width, "upper": columns["prediction"] + width}
    pq.write_table(pa.table(columns), "predictions.parquet")


if __name__ == "__main__":
    main(train)
