"""`python -m genesis_deep.predict`: model.json and model.onnx (in inputs/ or inputs/model/) and inputs/table.parquet to predictions.parquet and output.json.

Where inputs/rows.jsonl is there, its rows are answered in predictions.jsonl instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .asked_rows import ANSWERS, ROWS, read_rows, write_answers
from .errors import Refused
from .job import INPUTS, main, read_json, sha256
from .table import read_inputs, read_parquet

BATCH = 4096


def open_model(folder: Path) -> tuple[dict[str, Any], Any]:
    """model.json and an ONNX Runtime session; refuses a file that is not what model.json says."""
    import onnxruntime

    model = read_json(folder / "model.json")
    if model.get("format") != "genesis-model/1" or not model.get("serving"):
        raise Refused("model", "this is no model of this kit: model.json has no serving")
    name = model["serving"]["file"]
    said = next((file["sha256"] for file in model["files"] if file["path"] == name), None)
    if Path(name).name != name or said is None or sha256(folder / name) != said:
        raise Refused("model", f"{name} is not the file that model.json describes")
    return model, onnxruntime.InferenceSession(str(folder / name), providers=["CPUExecutionProvider"])


def model_folder() -> Path:
    """inputs/model/ where it is there, else inputs/."""
    return INPUTS / "model" if (INPUTS / "model" / "model.json").exists() else INPUTS


def outside(x: np.ndarray, described: list[dict[str, Any]]) -> np.ndarray:
    """How many inputs of each row lie outside the range of the training data."""
    found = np.zeros(len(x), dtype=np.int64)
    at = 0
    for entry in described:
        part = x[:, at : at + entry.get("length", 1)]
        at += entry.get("length", 1)
        if entry["kind"] == "category":
            found += (part < 0).any(axis=1)
        elif entry.get("minimum") is not None:
            found += ((part < entry["minimum"]) | (part > entry["maximum"])).any(axis=1)
    return found


def work(given: dict[str, Any]) -> dict[str, Any]:
    if set(given):
        raise Refused(sorted(given)[0], "this capability takes no settings")
    model, session = open_model(model_folder())
    asked = INPUTS / ROWS
    table = read_rows(asked) if asked.is_file() else read_parquet(str(INPUTS / "table.parquet"))
    x = read_inputs(table, model["inputs"], model["config"].get("curve"))
    found = [session.run(None, {"x": x[start : start + BATCH]}) for start in range(0, len(x), BATCH)]
    outputs = [np.concatenate(part) for part in zip(*found)]
    target = model["outputs"][0]
    columns: dict[str, Any] = {}
    if model["task"] == "regression":
        mean, sd = outputs
        columns = {target["name"]: mean.astype(float), "sd": sd.astype(float)}
        interval = model["serving"].get("interval")
        if interval:
            columns["lower"] = mean.astype(float) - interval["quantile"] * sd
            columns["upper"] = mean.astype(float) + interval["quantile"] * sd
    else:
        (chance,) = outputs
        columns = {target["name"]: [target["categories"][at] for at in chance.argmax(axis=1)]}
        columns |= {f"probability_{name}": chance[:, at].astype(float) for at, name in enumerate(target["categories"])}
    columns["inputs_outside_training_range"] = outside(x, model["inputs"])
    left = ANSWERS if asked.is_file() else "predictions.parquet"
    if asked.is_file():
        write_answers(Path(ANSWERS), pa.table(columns), target["name"])
    else:
        pq.write_table(pa.table(columns), left, compression="zstd")
    outside_rows = int((columns["inputs_outside_training_range"] > 0).sum())
    return {"rows": len(x), "rowsOutsideTrainingRange": outside_rows, "predictions": left}


if __name__ == "__main__":
    main(work)
