"""`python -m genesis_scattering.train`: simulates, trains, calibrates on held-out simulations, and writes model/ and output.json."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from genesis_deep.calibrate import conformal_quantile
from genesis_deep.checkpoint import write_whole
from genesis_deep.ensemble import evaluate
from genesis_deep.export import check_onnx, software, write_onnx
from genesis_deep.job import main, say, sha256, write_json
from genesis_deep.loop import CHECKPOINT_FOLDERS, Training, throughput
from genesis_deep.measure import of_classification
from genesis_deep.processes import Processes, join
from genesis_deep.settings import Settings
from genesis_deep.tracking import Tracker

from . import VERSION
from .bank import make_bank
from .grid import CHANNELS, GRID, POINTS
from .instrument import simulate
from .network import Teller, Tellers
from .request import read_request
from .shapes import NAMES, SLOTS

LEVEL = 0.9
OUTPUTS = ["probabilities", "ln_size_mean", "ln_size_sd"]
HELD_OUT = "simulated curves of particles kept from training"


def fit_temperature(ensemble: Tellers, x: torch.Tensor, shapes: torch.Tensor) -> float:
    """The temperature of least log loss on held-out curves, found on a grid (Guo et al. 2017)."""
    logits = [evaluate(member, x)[0] for member in ensemble.members]
    losses = {}
    for temperature in np.exp(np.linspace(math.log(0.25), math.log(8.0), 121)):
        chance = torch.stack([torch.softmax(found / float(temperature), dim=1) for found in logits]).mean(0)
        losses[float(temperature)] = float(-torch.log(chance[torch.arange(len(shapes)), shapes].clamp_min(1e-12)).mean())
    best = min(losses, key=lambda temperature: losses[temperature])
    ensemble.temperature.fill_(best)
    return best


def size_quantiles(mean: np.ndarray, sd: np.ndarray, sizes: np.ndarray) -> list[float | None]:
    """For each size, the q for which ln size +- q sd holds 90 % of held-out curves of its shape."""
    found = []
    for slot in range(len(SLOTS)):
        known = np.isfinite(sizes[:, slot])
        found.append(conformal_quantile(np.abs(sizes[known, slot] - mean[known, slot]) / sd[known, slot], LEVEL))
    return found


def size_metrics(mean: np.ndarray, sd: np.ndarray, sizes: np.ndarray, quantiles: list[float | None]) -> list[dict[str, Any]]:
    """For each size the median relative error, and how often the interval held it, on test simulations."""
    found = []
    for slot, (shape, size) in enumerate(SLOTS):
        known = np.isfinite(sizes[:, slot])
        miss = np.abs(sizes[known, slot] - mean[known, slot])
        about = {"unit": None, "on": HELD_OUT, "n": int(known.sum())}
        found.append({"name": f"{shape}.{size}.median_relative_error", "value": float(np.median(np.expm1(miss))), **about})
        quantile = quantiles[slot]
        if quantile is not None:
            found.append({"name": f"{shape}.{size}.coverage_90", "value": float((miss <= quantile * sd[known, slot]).mean()), **about})
    return found


def _work(given: dict[str, Any], processes: Processes) -> dict[str, Any] | None:
    request = read_request(given)
    began = time.perf_counter()
    # particles of the held-out curves are never those of training, though every prior is the same
    x, y = simulate(make_bank(request.particles, request.seed), request.curves, request.seed)
    held = make_bank(max(20, request.particles // 4), request.seed + 1_000_003)
    xh, yh = simulate(held, max(900, request.curves // 5), request.seed + 1_000_003)
    simulated = time.perf_counter() - began
    rows, targets = torch.from_numpy(x), torch.from_numpy(y)
    third = len(xh) // 3
    held_rows, held_targets = torch.from_numpy(xh), torch.from_numpy(yh)
    parts = [(held_rows[at * third : (at + 1) * third], held_targets[at * third : (at + 1) * third]) for at in range(3)]
    validation, calibration, test = parts
    settings = Settings(
        target="shape and sizes", seed=request.seed, members=request.members, steps=request.steps, batch=request.batch, width=request.width,
        depth=request.depth, dropout=0.0, learningRate=request.learningRate, weightDecay=0.01, threads=request.threads,
        checkpointSteps=request.checkpointSteps, validateSteps=max(1, request.steps // 20),
    )

    def make(_number: int) -> Teller:
        teller = Teller(request.architecture, request.width, request.depth, 0.0)
        teller.fit(targets)
        return teller

    about = json.dumps([given, VERSION, torch.__version__, hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()], sort_keys=True)
    tracker = Tracker("scattering", settings.as_json(), uri=None if processes.first else "")
    training = Training(make, (rows, targets), validation, settings, processes, hashlib.sha256(about.encode()).hexdigest(), tracker)
    trained = training.run()
    if not processes.first:
        processes.wait()
        return None
    speed = throughput(training)
    ensemble = Tellers(trained).cpu().eval()  # type: ignore[arg-type]
    temperature = fit_temperature(ensemble, calibration[0], calibration[1][:, 0].long())
    _, mean, sd = (part.numpy() for part in evaluate(ensemble, calibration[0]))
    quantiles = size_quantiles(mean, sd, calibration[1][:, 1:].numpy())
    chance, mean, sd = (part.numpy() for part in evaluate(ensemble, test[0]))
    metrics = of_classification(test[1][:, 0].long().numpy(), chance, HELD_OUT, request.seed)
    metrics += size_metrics(mean, sd, test[1][:, 1:].numpy(), quantiles)
    folder = Path("model")
    folder.mkdir(exist_ok=True)
    files = []
    for number, member in enumerate(ensemble.members):
        path = folder / f"member-{number:02d}.safetensors"
        write_whole(path, save({name: tensor.contiguous() for name, tensor in member.state_dict().items()}))
        files.append({"path": path.name, "format": "safetensors", "sha256": sha256(path)})
    write_onnx(ensemble, folder / "model.onnx", CHANNELS * POINTS, OUTPUTS)
    difference = check_onnx(folder / "model.onnx", ensemble, test[0][:256])
    files.insert(0, {"path": "model.onnx", "format": "onnx", "sha256": sha256(folder / "model.onnx")})
    sizes = [{"shape": shape, "size": size, "unit": "Å", "quantile": quantile} for (shape, size), quantile in zip(SLOTS, quantiles)]
    config = {**request.as_json(), "temperature": temperature, "onnxDifference": difference, "grid": [float(q) for q in GRID], "gridUnit": "1/Å",
              "level": LEVEL, "sizes": sizes, "processes": processes.world}
    model = {
        "format": "genesis-model/1", "task": "classification",
        "inputs": [{"name": "log_intensity", "kind": "curve", "unit": None, "length": POINTS},
                   {"name": "measured", "kind": "curve", "unit": None, "minimum": 0.0, "maximum": 1.0, "length": POINTS},
                   {"name": "resolution", "kind": "curve", "unit": None, "length": POINTS}],
        "outputs": [{"name": "shape", "unit": None, "categories": list(NAMES)}],
        "files": files, "serving": {"file": "model.onnx", "input": "x", "outputs": {"probabilities": "probabilities"}},
        "metrics": metrics, "seeds": [str(request.seed)],
        "software": [*software(), {"name": "genesis-scattering", "version": VERSION}, *_software()], "config": config,
    }
    write_json(folder / "model.json", model)
    told = {metric["name"]: metric["value"] for metric in metrics}
    say(f"simulated in {simulated:.0f} s; all in {time.perf_counter() - began:.0f} s; accuracy {told['accuracy']:.3f}, log loss {told['log_loss']:.3f}, temperature {temperature:.2f}")
    tracker.finish({f"test.{name}": value for name, value in told.items()})
    processes.wait()
    return {"metrics": metrics, "throughput": speed, "secondsToSimulate": simulated, "model": "model/model.json"}


def _software() -> list[dict[str, str]]:
    from importlib.metadata import version

    return [{"name": name, "version": version(name)} for name in ("sasmodels", "scipy", "ziglang")]


def work(given: dict[str, Any]) -> dict[str, Any] | None:
    processes = join(read_request(given).threads)
    try:
        return _work(given, processes)
    finally:
        processes.close()


if __name__ == "__main__":
    main(work)
    shutil.rmtree(CHECKPOINT_FOLDERS[0], ignore_errors=True)
