"""The capability `baseline`: a constant, a linear model or a random forest, fitted on one table and asked about other rows.

They have no settings: what every model should beat. Run as `python -m genesis_tabular.baseline` in the folder of a job.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .asked_rows import ANSWERS, ROWS, read_rows, write_answers
from .columns import read_column, read_table
from .dataset import Dataset, prepare
from .errors import Refused
from .features import Design, Featurizer
from .job import INPUTS, main, say, thread_count
from .request import read_request

NAMES = ("constant", "linear", "random-forest")
TREES = 500
PENALTIES = np.logspace(-4, 4, 17)


def baseline(given: dict[str, Any]) -> dict[str, Any]:
    given = dict(given)
    name = given.pop("baseline", None)
    if name not in NAMES:
        raise Refused("baseline", f"must be one of {', '.join(NAMES)}")
    asked = read_request(given)
    data = prepare(read_table(str(INPUTS / "table.parquet")), asked)
    featurizer = Featurizer.learn(data.columns)
    rows = read_rows(INPUTS / ROWS, [one["name"] for one in featurizer.inputs])
    columns = [read_column(rows, one["name"], one["kind"]) for one in featurizer.inputs]
    say(f"{name}: {len(data.target)} rows to fit, {rows.num_rows} to answer for")
    answers = _answers(name, data, featurizer, columns, asked.seed)
    write_answers(Path(ANSWERS), ({"value": value} for value in answers))
    return {"rows": rows.num_rows, "fitted": len(data.target)}


def _answers(name: str, data: Dataset, featurizer: Featurizer, columns: list[Any], seed: int) -> list[Any]:
    wanted = len(columns[0].values)
    classes = data.classes
    if name == "constant":
        if classes:
            return [classes[int(np.bincount(data.target.astype(int)).argmax())]] * wanted
        return [float(np.median(data.target) if data.metric == "mae" else np.mean(data.target))] * wanted
    base = featurizer.transform(data.columns)
    design = Design.learn(featurizer.base, base)
    # A row with a text that cannot be read is answered as one without it: every baseline answers for every row.
    fitted, asked = design.transform(base), design.transform(featurizer.transform(columns, rows_refused=False))
    model = _model(name, bool(classes), seed).fit(fitted, data.target)
    found = model.predict(asked)
    return [classes[int(at)] for at in found] if classes else [float(value) for value in found]


def _model(name: str, classifies: bool, seed: int) -> Any:
    if name == "linear":
        return make_pipeline(
            StandardScaler(), LogisticRegression(max_iter=2000) if classifies else RidgeCV(alphas=PENALTIES)
        )
    forest = RandomForestClassifier if classifies else RandomForestRegressor
    return forest(n_estimators=TREES, random_state=seed, n_jobs=thread_count())


if __name__ == "__main__":
    main(baseline)
