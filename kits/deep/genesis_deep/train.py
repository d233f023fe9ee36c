"""`python -m genesis_deep.train`: inputs/input.json and inputs/table.parquet to model/ and output.json.

Under `torchrun --nproc-per-node N -m genesis_deep.train` the same batch is shared by N processes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from . import VERSION
from .calibrate import fit_temperature, scale_quantile
from .ensemble import Ensemble, evaluate
from .errors import Refused
from .export import write_model
from .job import INPUTS, main, say, sha256
from .loop import CHECKPOINT_FOLDERS, Training, throughput
from .measure import of_classification, of_regression
from .member import Member
from .processes import Processes, command_over_gpus, join
from .settings import Settings, read_settings
from .split import split
from .table import Table, read_training
from .tracking import Tracker

TABLE = INPUTS / "table.parquet"
ON = "a tenth of the rows, kept from training and calibration"


def architecture_of(settings: Settings, table: Table) -> str:
    """`auto` is a convolutional network for curves and a residual MLP for tables; a transformer is asked for."""
    curve = any(feature.kind == "curve" for feature in table.features)
    if settings.architecture in ("conv", "transformer") and not curve:
        raise Refused("architecture", f"{settings.architecture} reads curves; give `curve`, or choose mlp")
    return settings.architecture if settings.architecture != "auto" else ("conv" if curve else "mlp")


def _work(processes: Processes, settings: Settings) -> dict[str, Any] | None:
    table = read_training(str(TABLE), settings)
    architecture = architecture_of(settings, table)
    parts = split(len(table.y), table.groups, settings.seed)
    regression = not table.classes
    x = torch.from_numpy(np.ascontiguousarray(table.x, dtype=np.float32))
    y = torch.from_numpy(table.y.astype(np.float32 if regression else np.int64))
    if processes.first:
        say(f"table: {len(table.y)} rows, {x.shape[1]} columns; {architecture}, {settings.members} members, {processes.world} process(es) on {processes.device}")

    def make(_number: int) -> Member:
        member = Member(table.features, len(table.classes), architecture, settings.width, settings.depth, settings.dropout)
        member.fit(table.x[parts.train], table.y[parts.train])
        return member

    print_of = hashlib.sha256("\n".join([settings.digest(), sha256(TABLE), VERSION, torch.__version__]).encode()).hexdigest()
    tracker = Tracker(f"deep {settings.target}", settings.as_json(), uri=None if processes.first else "")
    training = Training(make, (x[parts.train], y[parts.train]), (x[parts.validation], y[parts.validation]), settings, processes, print_of, tracker)
    members = training.run()
    if not processes.first:
        processes.wait()
        return None
    speed = throughput(training)
    loop = speed["samplesPerSecond"]
    say(f"throughput on {speed['device']}, {speed['precision']}: {'resumed at the end' if loop is None else f'{loop:.0f}'} samples/s in training, {speed['bareSamplesPerSecond']:.0f} samples/s in a bare loop")
    ensemble = Ensemble(members).cpu().eval()
    calibration, test = (x[parts.calibration], y[parts.calibration]), (x[parts.test], y[parts.test])
    interval = None
    if regression:
        mean, sd = (part.numpy() for part in evaluate(ensemble, calibration[0]))
        quantile = scale_quantile(mean, sd, calibration[1].numpy(), settings.level)
        mean, sd = (part.numpy() for part in evaluate(ensemble, test[0]))
        half = None if quantile is None else quantile * sd
        metrics = of_regression(test[1].numpy(), mean, half, table.unit, ON, settings.seed, settings.level)
        if quantile is None:
            say(f"no intervals: {len(parts.calibration)} calibration rows are too few for the level {settings.level}")
        else:
            interval = {"level": settings.level, "scaleOutput": "sd", "quantile": quantile}
        outputs = [{"name": settings.target, "unit": table.unit}]
    else:
        temperature = fit_temperature(ensemble, *calibration)
        (chance,) = evaluate(ensemble, test[0])
        metrics = of_classification(test[1].numpy(), chance.numpy(), ON, settings.seed)
        say(f"temperature {temperature:.3f}")
        outputs = [{"name": settings.target, "unit": None, "categories": table.classes}]
    config = {**settings.as_json(), "architecture": architecture, "processes": processes.world,
              "rows": {name: len(getattr(parts, name)) for name in ("train", "validation", "calibration", "test")}}
    about = {"task": "regression" if regression else "classification", "outputs": outputs, "metrics": metrics,
             "seeds": [str(settings.seed)], "config": config}
    model = write_model(Path("model"), ensemble, table.features, x[parts.test][:256], about, interval)
    for metric in metrics:
        say(f"{metric['name']} {metric['value']:.4g} [{metric['low']:.4g}, {metric['high']:.4g}] on {metric['n']} rows")
    tracker.finish({f"test.{metric['name']}": metric["value"] for metric in metrics})
    processes.wait()
    return {"task": model["task"], "architecture": architecture, "metrics": metrics, "throughput": speed, "model": "model/model.json"}


def work(given: dict[str, Any]) -> dict[str, Any] | None:
    settings = read_settings(given)
    processes = join(settings.threads)
    try:
        return _work(processes, settings)
    finally:
        processes.close()


if __name__ == "__main__":
    over_gpus = command_over_gpus("genesis_deep.train")
    if over_gpus is not None:
        os.execv(over_gpus[0], over_gpus)
    main(work)
    shutil.rmtree(CHECKPOINT_FOLDERS[0], ignore_errors=True)
