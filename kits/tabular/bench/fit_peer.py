"""Fits peers once, for the comparison, in their own environment: `fit_peer.py TASK.npz RESULT.npz flaml|plain`."""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np


def flaml(x, y, groups, settings):
    from flaml import AutoML

    by_group = {} if groups is None else {"split_type": "group", "groups": groups}
    automl = AutoML()
    # FLAML reads this clock: its budget is then in seconds of the processor, as the kit's is, whatever else the machine does
    began = time.time() - time.process_time()
    time.time = lambda: began + time.process_time()
    start = time.monotonic(), time.process_time()
    automl.fit(
        X_train=x,
        y_train=y,
        task="regression",
        metric="mae",
        time_budget=settings["seconds"],
        n_jobs=1,
        seed=settings["seed"],
        verbose=0,
        log_file_name="",
        **by_group,
    )
    return automl, start


def lightgbm(x, y, groups, settings):
    from lightgbm import LGBMRegressor

    start = time.monotonic(), time.process_time()
    return LGBMRegressor(n_jobs=1, random_state=settings["seed"], verbosity=-1).fit(x, y), start


def boosting(x, y, groups, settings):
    from sklearn.ensemble import HistGradientBoostingRegressor

    start = time.monotonic(), time.process_time()
    return HistGradientBoostingRegressor(random_state=settings["seed"]).fit(x, y), start


def main(task: str, result: str, which: str) -> None:
    warnings.filterwarnings("ignore")
    given = np.load(task)
    settings = json.loads(str(given["settings"]))
    train = given["train"]
    groups = given["units"][train] if settings["grouped"] else None
    methods = {"flaml": flaml} if which == "flaml" else {"lightgbm": lightgbm, "histogram boosting": boosting}
    found, wall, cpu = [], [], []
    for fit in methods.values():
        model, (wall_start, cpu_start) = fit(given["design_train"], given["target"][train], groups, settings)
        wall.append(time.monotonic() - wall_start)
        cpu.append(time.process_time() - cpu_start)
        found.append(np.asarray(model.predict(given["design_held"]), dtype=float))
    np.savez(result, names=list(methods), found=np.array(found), wall=wall, cpu=cpu)


if __name__ == "__main__":
    main(*sys.argv[1:])
