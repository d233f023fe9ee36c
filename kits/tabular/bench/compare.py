"""The kit beside plain LightGBM, histogram boosting and FLAML: same features, same folds, one thread, and the same seconds of the
processor for each fit, which a busy machine does not make fewer.

`compare.py PEER_PYTHON [--quick] [--json] [--tables a,b] [--repeats N]`; run by `npm run bench:models`. Two fits run at a time, each on one thread, in
an order that changes from fold to fold.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent), str(here)]

from genesis_tabular.features import Design, Featurizer  # noqa: E402
from genesis_tabular.folds import make_folds, together  # noqa: E402
from judge import METHODS, Figures, figures, judgement, mean_ranks  # noqa: E402
from tables import FILES, data_folder, load, missing_files  # noqa: E402

QUICK_TABLES = ("steels", "esol", "oer")
QUICK_SECONDS = 8
FOLDS = 5
LONGEST = 1_800
"""Seconds by the clock after which a fit is ended as one that hangs."""


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run(program: str, script: str, *arguments: str) -> None:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    env = {**os.environ, **threads, "PYTHONPATH": str(here.parent)}
    done = subprocess.run(
        [program, str(here / script), *arguments], env=env, capture_output=True, text=True, timeout=LONGEST
    )
    if done.returncode != 0:
        raise RuntimeError(f"{script} {' '.join(arguments[2:])} ended with {done.returncode}:\n{done.stderr[-2000:]}")


def prepare(name: str, folder: Path, quick: bool, repeats: int | None) -> tuple[dict, list[Path]]:
    table = load(name)
    featurizer = Featurizer.learn(table.columns)
    base = featurizer.transform(table.columns)
    units = together(Design.learn(featurizer.base, base).transform(base), table.groups)
    seconds = QUICK_SECONDS if quick else table.seconds
    columns = [asdict(column) for column in featurizer.base]
    paths = []
    for repeat in range(repeats or (1 if quick else table.repeats)):
        for at, (train, held) in enumerate(make_folds(FOLDS, units, None, None, 100 + repeat)):
            design = Design.learn(featurizer.base, base[train])
            settings = {
                "seconds": seconds,
                "seed": 10 * repeat + at,
                "grouped": table.groups is not None,
                "base": columns,
            }
            path = folder / f"{name}-{repeat}-{at}.npz"
            made = {"design_train": design.transform(base[train]), "design_held": design.transform(base[held])}
            np.savez(
                path,
                settings=json.dumps(settings),
                base=base,
                target=table.target,
                units=units,
                train=train,
                held=held,
                **made,
            )
            paths.append(path)
    about = {"table": name, "rows": len(base), "unit": table.unit, "seconds": seconds}
    say(f"{name}: {len(base)} rows, {base.shape[1]} features, {len(paths)} folds with {seconds:g} s for each fit")
    return about, paths


def jobs_of(peer: str, paths: list[Path]) -> list[tuple[str, ...]]:
    jobs: list[tuple[str, ...]] = []
    for at, path in enumerate(paths):
        three = [
            (sys.executable, "fit_kit.py", str(path), f"{path}.kit.npz"),
            (peer, "fit_peer.py", str(path), f"{path}.flaml.npz", "flaml"),
            (peer, "fit_peer.py", str(path), f"{path}.plain.npz", "plain"),
        ]
        jobs += three[at % 3 :] + three[: at % 3]
    return jobs


def collect(path: Path) -> dict[str, np.ndarray]:
    given = np.load(path)
    target = given["target"][given["held"]]
    one: dict[str, np.ndarray] = {}
    for which in ("kit", "flaml", "plain"):
        result = np.load(f"{path}.{which}.npz")
        for at, method in enumerate(result["names"]):
            one[str(method)] = np.abs(result["found"][at] - target)
            one[f"wall {method}"], one[f"cpu {method}"] = result["wall"][at], result["cpu"][at]
        if which == "kit":
            one["inside"] = one["kit"] <= result["width"]
    return one


def show(found: list[Figures], result: dict) -> None:
    print(
        f"\n{'mean absolute error':18}{''.join(f'{method:>20}' for method in METHODS)}{'kit / best peer':>18}{'95 % upper':>12}{'coverage (99 %)':>24}"
    )
    for one in found:
        errors = "".join(f"{one.mae[method]:>20.4g}" for method in METHODS)
        covered = f"{one.coverage:.3f} ({one.coverageLow:.3f}, {one.coverageHigh:.3f})"
        print(f"{f'{one.table} ({one.unit})':18.18}{errors}{one.ratio:>18.3f}{one.ratioUpper95:>12.3f}{covered:>24}")
    ranks = "".join(f"{result['ranks'][method]:>20.2f}" for method in METHODS)
    print(f"{'mean rank':18}{ranks}")
    print("\nseconds of a fit: of the processor, and (by the clock)")
    for one in found:
        print(
            f"{one.table:18}{''.join(f'{one.cpu[method]:>12.1f} ({one.wall[method]:5.1f})' for method in METHODS)}   of {one.seconds:g}"
        )
    print()
    for what, holds in result["checks"].items():
        print(f"{'holds' if holds else 'MISSED':8}{what}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tables", default=None)
    parser.add_argument("--repeats", type=int, default=None)
    asked = parser.parse_args()
    missing = missing_files()
    if missing:
        say(f"The data are not in {data_folder()} (GENESIS_DATA): missing {', '.join(missing)}")
        return 2
    names = asked.tables.split(",") if asked.tables else list(QUICK_TABLES if asked.quick else FILES)
    strange = sorted(set(names) - set(FILES))
    if strange:
        say(f"There is no table {strange[0]}; there are {', '.join(FILES)}")
        return 2
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="genesis-bench-models-") as folder:
        prepared = [prepare(name, Path(folder), asked.quick, asked.repeats) for name in names]
        workers = max(1, min(2, len(os.sched_getaffinity(0))))
        with ThreadPoolExecutor(workers) as pool:
            waiting = [[pool.submit(run, *job) for job in jobs_of(asked.peer, paths)] for _, paths in prepared]
            tables = []
            for (about, paths), fits in zip(prepared, waiting, strict=True):
                for one in fits:
                    one.result()
                tables.append([collect(path) for path in paths])
                one = figures(**about, folds=tables[-1], quick=asked.quick)
                errors = ", ".join(f"{method} {error:.4g}" for method, error in one.mae.items())
                say(
                    f"{one.table}: {errors}; ratio {one.ratio:.3f} (< {one.ratioUpper95:.3f}), coverage {one.coverage:.3f}; {time.monotonic() - start:.0f} s"
                )
    found = [
        figures(**about, folds=folds, quick=asked.quick) for (about, _), folds in zip(prepared, tables, strict=True)
    ]
    result = {**judgement(found, mean_ranks(tables), asked.quick), "tookSeconds": round(time.monotonic() - start)}
    show(found, result)
    if asked.quick:
        print("\nQuick: five folds and few seconds. Ratios are judged as they are, not by their upper bound.")
    if asked.json:
        print(json.dumps(result))
    return 0 if result["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
