"""The capability `predict`: a trained model on a table. Run as `python -m genesis_tabular.predict` in the folder of a job.

The model is read from inputs/model/, or from inputs/ itself: model.json, model.onnx and pipeline.json. The rows are those of
inputs/rows.jsonl, answered in predictions.jsonl, or else those of inputs/table.parquet, answered in predictions.parquet.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .asked_rows import ANSWERS, ROWS, read_rows, write_answers
from .columns import read_column, read_table
from .errors import Refused
from .features import Featurizer
from .job import INPUTS, main, say
from .model_files import read_pipeline, run_onnx


def predict(given: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(given) - {"outOfRange"})
    if unknown:
        raise Refused(unknown[0], "is not an input of this capability")
    on_range = given.get("outOfRange", "flag")
    if on_range not in ("flag", "refuse"):
        raise Refused("outOfRange", "must be flag or refuse")
    folder = INPUTS / "model" if (INPUTS / "model").is_dir() else INPUTS
    pipeline, featurizer = read_pipeline(folder)
    asked = INPUTS / ROWS
    names = [one["name"] for one in featurizer.inputs]
    table = read_rows(asked, names) if asked.is_file() else read_table(str(INPUTS / "table.parquet"))
    columns = [read_column(table, one["name"], one["kind"]) for one in featurizer.inputs]
    base = featurizer.transform(columns)
    outside = out_of_range(featurizer, columns)
    if on_range == "refuse" and outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise Refused(
            "table", f"row {row + 1} and {int(outside.sum()) - 1} more lie outside of what the model was trained on"
        )
    say(f"{len(base)} rows")
    found = run_onnx(folder / "model.onnx", base)
    predicted = _table(pipeline, found, outside)
    if asked.is_file():
        write_answers(Path(ANSWERS), _answers(pipeline["output"]["name"], predicted))
    else:
        pq.write_table(predicted, "predictions.parquet")
    return {"rows": len(base), "outOfRange": int(outside.sum()), "output": pipeline["output"]["name"]}


def _answers(name: str, predicted: pa.Table) -> Iterator[dict[str, Any]]:
    for row in predicted.to_pylist():
        told = {"value": row[name], "outOfRange": row["outOfRange"]}
        yield told | {bound: row[bound] for bound in ("lower", "upper") if bound in row}


def _table(pipeline: dict[str, Any], found: dict[str, np.ndarray], outside: np.ndarray) -> pa.Table:
    output = pipeline["output"]
    if pipeline["task"] == "classification":
        chances = found["probabilities"]
        made: dict[str, Any] = {output["name"]: [output["categories"][at] for at in chances.argmax(axis=1)]}
        for at, name in enumerate(output["categories"]):
            made[f"probability: {name}"] = chances[:, at]
    else:
        value = found["y"][:, 0]
        made = {output["name"]: value}
        interval = pipeline["serving"].get("interval")
        if interval is not None:
            width = (
                interval["quantile"] * found["scale"][:, 0]
                if "quantile" in interval
                else np.full(len(value), interval["halfWidth"])
            )
            made |= {"lower": value - width, "upper": value + width}
    return pa.table({**made, "outOfRange": outside})


def out_of_range(featurizer: Featurizer, columns: list[Any]) -> np.ndarray:
    """Rows with a number outside of the training range, a category that training did not see, or a new element."""
    from . import compositions

    outside = np.zeros(len(columns[0].values), dtype=bool)
    for one, column in zip(featurizer.inputs, columns, strict=True):
        if one["kind"] == "number":
            with np.errstate(invalid="ignore"):
                outside |= (column.values < one["minimum"]) | (column.values > one["maximum"])
        elif one["kind"] == "category":
            known = set(one["categories"])
            outside |= np.array([value is not None and value not in known for value in column.values])
        elif one["kind"] == "composition":
            known = set(one["elements"])
            outside |= np.array(
                [value is not None and bool(set(compositions.parse(value) or {}) - known) for value in column.values]
            )
    return outside


if __name__ == "__main__":
    main(predict)
