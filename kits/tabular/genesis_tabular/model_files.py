"""The folder `model/`: model.onnx, pipeline.json and model.json; and reading them back. Nothing in it is code or pickle."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from .dataset import Dataset
from .errors import Refused
from .features import BaseColumn, Featurizer
from .job import sha256, write_json
from .nested import Fitted
from .onnx_export import to_onnx

FORMAT = "genesis-model/1"
PIPELINE = "genesis-tabular-pipeline/1"
LARGEST_DIFFERENCE = 1e-4
SOFTWARE = ("lightgbm", "scikit-learn", "numpy", "scipy", "onnx", "onnxruntime", "matminer", "pymatgen", "rdkit")


def write_model(
    folder: Path, data: Dataset, featurizer: Featurizer, base: np.ndarray, fitted: Fitted, more: dict[str, Any]
) -> None:
    """Writes the folder; raises when ONNX Runtime's predictions on the training rows differ from the members' own."""
    folder.mkdir(parents=True, exist_ok=True)
    proto = to_onnx(fitted.model, fitted.design, base.shape[1])
    (folder / "model.onnx").write_bytes(proto.SerializeToString())
    check_onnx(folder / "model.onnx", fitted, base)
    intervals = fitted.model.intervals
    interval = None
    if intervals is not None:
        scaled = {"scaleOutput": "scale", "quantile": intervals.quantile}
        interval = {
            "level": intervals.level,
            **({"halfWidth": intervals.quantile} if intervals.scale is None else scaled),
        }
    shown = {"probabilities": "probabilities"} if data.classes else {"mean": "y"}
    serving = {
        "file": "model.onnx",
        "input": "x",
        "outputs": shown,
        **({} if interval is None else {"interval": interval}),
    }
    output = {
        "name": more["target"],
        "unit": data.target_unit,
        **({"categories": data.classes} if data.classes else {}),
    }
    write_json(
        folder / "pipeline.json",
        {
            "format": PIPELINE,
            "task": data.task,
            "inputs": featurizer.inputs,
            "base": [asdict(column) for column in featurizer.base],
            "output": output,
            "serving": serving,
        },
    )
    files = [
        {"path": name, "format": kind, "sha256": sha256(folder / name)}
        for name, kind in (("model.onnx", "onnx"), ("pipeline.json", "json"))
    ]
    write_json(
        folder / "model.json",
        {
            "format": FORMAT,
            "task": data.task,
            "inputs": [{key: value for key, value in one.items() if key != "elements"} for one in featurizer.inputs],
            "outputs": [output],
            "files": files,
            "serving": serving if featurizer.direct else None,
            "metrics": more["metrics"],
            "seeds": [str(more["config"]["seed"])],
            "software": [{"name": name, "version": version(name)} for name in SOFTWARE],
            "config": more["config"],
        },
    )


def run_onnx(path: Path, base: np.ndarray) -> dict[str, np.ndarray]:
    """Outputs of the ONNX file by name, float64, for float32 [rows, base columns]."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    parts = [session.run(names, {"x": base[start : start + 4096]}) for start in range(0, max(1, len(base)), 4096)]
    return {name: np.concatenate([part[at] for part in parts]).astype(np.float64) for at, name in enumerate(names)}


def check_onnx(path: Path, fitted: Fitted, base: np.ndarray) -> float:
    """The largest difference on these rows, relative to the size of the values; raises above `LARGEST_DIFFERENCE`."""
    outputs = run_onnx(path, base)
    made = fitted.design.transform(base)
    pairs = [(fitted.model.predict(made), outputs["probabilities" if fitted.model.classes else "y"])]
    if "scale" in outputs and fitted.model.intervals is not None:
        pairs.append((fitted.model.intervals.scales(made)[:, None], outputs["scale"]))
    worst = max(float((np.abs(own - other) / (np.abs(own) + np.abs(own).mean())).max()) for own, other in pairs)
    if not worst <= LARGEST_DIFFERENCE:
        raise RuntimeError(f"the ONNX file differs from the model by {worst:.2g}, relatively; it is not written")
    return worst


def read_pipeline(folder: Path) -> tuple[dict[str, Any], Featurizer]:
    """What predictions need, once every file has the hash that model.json names."""
    model = _json(folder / "model.json")
    if model.get("format") != FORMAT:
        raise Refused("model", f"model.json is not of the format {FORMAT}")
    listed = {one["path"]: one["sha256"] for one in model.get("files", [])}
    for name in ("model.onnx", "pipeline.json"):
        if name not in listed:
            raise Refused("model", f"model.json names no {name}; was it trained by another kit?")
        if not (folder / name).is_file():
            raise Refused("model", f"{name} is missing beside model.json")
        if sha256(folder / name) != listed[name]:
            raise Refused("model", f"{name} is not what model.json names: its SHA-256 differs")
    pipeline = _json(folder / "pipeline.json")
    if pipeline.get("format") != PIPELINE:
        raise Refused("model", f"pipeline.json is not of the format {PIPELINE}")
    return pipeline, Featurizer(pipeline["inputs"], [BaseColumn(**column) for column in pipeline["base"]])


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Refused("model", f"there is no {path}") from None
    except ValueError as error:
        raise Refused("model", f"{path} is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise Refused("model", f"{path} is no object")
    return found
