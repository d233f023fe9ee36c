"""Fits the kit once, for the comparison: `fit_kit.py TASK.npz RESULT.npz`."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from genesis_tabular.dataset import Dataset
from genesis_tabular.features import BaseColumn, Featurizer
from genesis_tabular.nested import fit_rows
from genesis_tabular.search import Budget


def main(task: str, result: str) -> None:
    given = np.load(task)
    settings = json.loads(str(given["settings"]))
    base, target, units = given["base"], given["target"], given["units"]
    train, held = given["train"], given["held"]
    featurizer = Featurizer([], [BaseColumn(**column) for column in settings["base"]])
    data = Dataset([], target, None, [], None, None, "mae", np.arange(len(target)), [])
    wall, cpu = time.monotonic(), time.process_time()
    budget = Budget(None, settings["seconds"], time.process_time)
    fitted = fit_rows(data, featurizer, base, units, train, budget, 0.9, settings["seed"], 1, lambda _: None)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    design = fitted.design.transform(base[held])
    found, width = fitted.model.predict(design)[:, 0], fitted.model.intervals.half_widths(design)
    np.savez(result, names=["kit"], found=found[None, :], wall=[wall], cpu=[cpu], width=width, tried=fitted.model.tried)


if __name__ == "__main__":
    main(*sys.argv[1:])
