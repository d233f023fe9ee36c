"""Writes model/: each member's weights as safetensors, the ensemble as ONNX, and model.json. The ONNX file is checked against torch."""

from __future__ import annotations

import platform
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from . import VERSION
from .checkpoint import write_whole
from .ensemble import Ensemble, evaluate
from .errors import Refused
from .job import sha256, write_json
from .table import Feature

OPSET = 17
CLOSE = 1e-4
"""Largest difference of ONNX Runtime from torch, relative to the spread of the outputs."""


def write_onnx(ensemble: torch.nn.Module, path: Path, columns: int, outputs: list[str]) -> None:
    """float32 `x` [n, columns] to the named outputs. The tracing exporter needs no package but torch and onnx."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        axes = {name: {0: "n"} for name in ["x", *outputs]}
        torch.onnx.export(
            ensemble, (torch.zeros(2, columns),), str(path), input_names=["x"], output_names=outputs,
            dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )


def check_onnx(path: Path, ensemble: torch.nn.Module, x: torch.Tensor) -> float:
    """The largest difference of the exported model from torch on these rows, relative to the outputs' spread; refuses above 1e-4."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    worst = 0.0
    for ours, theirs in zip(evaluate(ensemble, x), session.run(None, {"x": x.numpy()}), strict=True):
        given = ours.numpy()
        worst = max(worst, float(np.abs(given - theirs).max() / max(1e-6, float(given.std()), float(np.abs(given).mean()))))
    if not worst <= CLOSE:
        raise Refused("model", f"the exported ONNX model differs from torch by {worst:.2g}, and {CLOSE:g} is allowed")
    return worst


def describe_inputs(features: list[Feature]) -> list[dict[str, Any]]:
    """The inputs in the order of the matrix's columns; a curve takes `length` of them."""
    found = []
    for feature in features:
        entry: dict[str, Any] = {"name": feature.name, "kind": feature.kind}
        if feature.kind == "category":
            entry["categories"] = feature.categories
        else:
            entry["unit"] = feature.unit
            if feature.low is not None:
                entry |= {"minimum": feature.low, "maximum": feature.high}
        if feature.kind == "curve":
            entry["length"] = feature.width
        found.append(entry)
    return found


def software() -> list[dict[str, str]]:
    import onnxruntime
    import pyarrow
    import safetensors

    found = {"python": platform.python_version(), "genesis-deep": VERSION, "torch": torch.__version__, "numpy": np.__version__,
             "onnxruntime": onnxruntime.__version__, "pyarrow": pyarrow.__version__, "safetensors": safetensors.__version__}
    return [{"name": name, "version": str(version)} for name, version in found.items()]


def write_model(folder: Path, ensemble: Ensemble, features: list[Feature], sample: torch.Tensor, about: dict[str, Any], interval: dict[str, Any] | None) -> dict[str, Any]:
    """Writes the folder and gives model.json as it stands there. `about` has task, outputs, metrics, seeds and config."""
    folder.mkdir(parents=True, exist_ok=True)
    ensemble = ensemble.cpu().eval()
    files = []
    for number, member in enumerate(ensemble.members):
        path = folder / f"member-{number:02d}.safetensors"
        write_whole(path, save({name: tensor.contiguous() for name, tensor in member.state_dict().items()}))
        files.append({"path": path.name, "format": "safetensors", "sha256": sha256(path)})
    onnx = folder / "model.onnx"
    regression = about["task"] == "regression"
    outputs = {"mean": "y", "sd": "sd"} if regression else {"probabilities": "probabilities"}
    write_onnx(ensemble, onnx, sample.shape[1], list(outputs.values()))
    difference = check_onnx(onnx, ensemble, sample)
    files.insert(0, {"path": onnx.name, "format": "onnx", "sha256": sha256(onnx)})
    serving: dict[str, Any] = {"file": onnx.name, "input": "x", "outputs": outputs}
    if interval is not None:
        serving["interval"] = interval
    model = {
        "format": "genesis-model/1", "task": about["task"], "inputs": describe_inputs(features), "outputs": about["outputs"],
        "files": files, "serving": serving, "metrics": about["metrics"], "seeds": about["seeds"], "software": software(),
        "config": {**about["config"], "onnxDifference": difference},
    }
    write_json(folder / "model.json", model)
    return model
