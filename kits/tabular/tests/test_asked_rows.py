"""Rows as JSON lines: predictions for them are those for the same rows as a table, and the baselines answer for every row."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests import tables_made as made


def ask(folder: Path, table: pa.Table) -> None:
    lines = [json.dumps(row) for row in table.to_pylist()]
    (folder / "inputs" / "rows.jsonl").write_text("\n".join(lines) + "\n")


def answers(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]


class AskedRows(unittest.TestCase):
    def setUp(self) -> None:
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.folder = Path(held.name)

    def test_rows_are_answered_as_a_table_is(self) -> None:
        table = made.formulas_table()
        trained = made.job(self.folder / "train", table, {"target": "strength", "budget": {"fits": 60}, "folds": 3})
        self.assertEqual(made.run("train", trained).returncode, 0)
        given = table.drop_columns(["strength"])
        as_table = made.job(self.folder / "table", given, {}, trained / "model")
        as_rows = made.job(self.folder / "rows", given, {}, trained / "model")
        ask(as_rows, given)
        for folder in (as_table, as_rows):
            done = made.run("predict", folder)
            self.assertEqual(done.returncode, 0, done.stderr)
        whole = pq.read_table(as_table / "predictions.parquet").to_pylist()
        for one, row in zip(answers(as_rows), whole, strict=True):
            self.assertEqual(
                (one["value"], one["lower"], one["upper"]), (row["strength"], row["lower"], row["upper"])
            )

    def test_baselines(self) -> None:
        table = made.numbers_table()
        fitted, asked = table.slice(0, 100), table.slice(100)
        loss = {}
        for name in ("constant", "linear", "random-forest"):
            folder = made.job(self.folder / name, fitted, {"target": "y", "baseline": name, "metric": "mae"})
            ask(folder, asked.drop_columns(["y"]))
            done = made.run("baseline", folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            values = np.array([one["value"] for one in answers(folder)])
            loss[name] = float(np.abs(values - asked.column("y").to_numpy()).mean())
        median = float(np.median(fitted.column("y").to_numpy()))
        self.assertAlmostEqual(loss["constant"], float(np.abs(asked.column("y").to_numpy() - median).mean()), 9)
        self.assertLess(loss["linear"], loss["constant"] / 2)
        self.assertLess(loss["random-forest"], loss["constant"] / 2)

    def test_classes_and_refusals(self) -> None:
        table = made.classes_table(3)
        for name in ("constant", "linear", "random-forest"):
            folder = made.job(self.folder / name, table, {"target": "phase", "baseline": name})
            ask(folder, table.slice(0, 5).drop_columns(["phase"]))
            self.assertEqual(made.run("baseline", folder).returncode, 0)
            self.assertLessEqual({one["value"] for one in answers(folder)}, {"low", "middle", "high"})
        wrong = made.job(self.folder / "wrong", table, {"target": "phase", "baseline": "best"})
        ask(wrong, table.slice(0, 5))
        done = made.run("baseline", wrong)
        self.assertEqual(done.returncode, 2)
        self.assertIn("constant, linear, random-forest", done.stderr)
        broken = made.job(self.folder / "broken", table, {"target": "phase", "baseline": "constant"})
        (broken / "inputs" / "rows.jsonl").write_text('{"a": 1}\n[1]\n')
        done = made.run("baseline", broken)
        self.assertEqual(done.returncode, 2)
        self.assertIn("line 2 is no object", done.stderr)


if __name__ == "__main__":
    unittest.main()
