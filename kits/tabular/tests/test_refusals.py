"""What cannot be trained on is refused in plain words that name the column."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from genesis_tabular.columns import read_table
from genesis_tabular.dataset import prepare
from genesis_tabular.errors import Refused
from genesis_tabular.features import Featurizer
from genesis_tabular.request import INPUTS, METRICS, read_request

from tests import tables_made as made


def column(name: str, values: list) -> pa.Table:
    """The usual table with one column added or replaced."""
    table = made.numbers_table(40)
    kept = table.drop_columns([name]) if name in table.column_names else table
    return kept.append_column(name, pa.array(values))


def prepared(table: pa.Table, **given):
    return prepare(table, read_request({"target": "y", **given}))


class Refusals(unittest.TestCase):
    def refused(self, field: str, words: str, table: pa.Table, **given) -> None:
        with self.assertRaises(Refused) as caught:
            data = prepared(table, **given)
            Featurizer.learn(data.columns).transform(data.columns)
        self.assertEqual(caught.exception.field, field)
        self.assertIn(words, caught.exception.message)

    def test_requests(self) -> None:
        table = made.numbers_table(40)
        self.refused("target", "no column 'nothing'", table, target="nothing")
        self.refused("groups", "no column 'batch'", table, groups="batch")
        self.refused("missing", "no such column", table, features=["missing"])
        self.refused("features", "is the target", table, features=["y"])
        self.refused("metric", "none for a regression", table, metric="logloss")
        self.refused("folds", "whole number from 2 to 20", table, folds=1)
        self.refused("folds", "whole number", table, folds=2.5)
        self.refused("budget", "fits, seconds or both", table, budget={"hours": 1})
        self.refused("fits", "number from 1", table, budget={"fits": 0})
        self.refused("seed", "whole number", table, seed="x")
        self.refused("speed", "is not an input", table, speed=1)
        self.refused("intervalLevel", "0.5 to 0.99", table, intervalLevel=1)

    def test_the_manifest_names_the_same_inputs(self) -> None:
        train, *_ = made.read(made.kit / "kit.json")["capabilities"]
        self.assertEqual(sorted(train["input"]["properties"]), sorted(INPUTS))
        self.assertEqual(
            train["input"]["properties"]["metric"]["enum"], [one for ones in METRICS.values() for one in ones]
        )

    def test_tables(self) -> None:
        self.refused("y", "only 1 rows have a value", made.numbers_table(40).slice(0, 1))
        self.refused("y", "one value (3) in every row", column("y", [3.0] * 40))
        self.refused("y", "only 0 rows have a value", column("y", pa.array([None] * 40, pa.float64())))
        self.refused(
            "y", "row 40 holds 'broken', which is no number", column("y", [str(at) for at in range(39)] + ["broken"])
        )
        self.refused(
            "x",
            "row 3 holds 'high', which is no number",
            column("x", ["1", "2", "high"] + ["4"] * 37),
            kinds={"x": "number"},
        )
        self.refused("groups", "missing in 1 rows", column("batch", ["a"] * 39 + [None]), groups="batch")
        self.refused("features", "no column is left", column("only", [1] * 40), features=["only"])
        self.refused(
            "alloy",
            "no composition formula",
            column("alloy", ["Fe2O3"] * 38 + ["Xx2", "Fe"]),
            kinds={"alloy": "composition"},
        )
        self.refused("mol", "no SMILES", column("mol", ["CCO"] * 38 + ["C(", "C"]), kinds={"mol": "smiles"})
        self.refused("label", "has one class", column("label", ["a"] * 40), target="label")
        self.refused("label", "'b' has fewer than 10 rows", column("label", ["a"] * 36 + ["b"] * 4), target="label")
        self.refused("label", "fewer than 10 rows", column("label", [f"n{at}" for at in range(40)]), target="label")

    def test_what_is_no_table(self) -> None:
        with tempfile.TemporaryDirectory() as held:
            folder = made.job(Path(held) / "job", made.numbers_table(40), {"target": "y"})
            (folder / "inputs" / "table.parquet").write_bytes(b"not parquet")
            done = made.run("train", folder)
            self.assertEqual(done.returncode, 2)
            self.assertIn("refused: table: this is no Parquet table", done.stderr)
            for table, words in (
                (pa.table({"y": pa.array([], pa.float64())}), "it has no rows"),
                (pa.table({f"c{at}": [1] for at in range(2001)}), "2001 columns; at most 2000"),
                (pa.table({"y": np.zeros(200_001)}), "200001 rows; at most 200000"),
            ):
                pq.write_table(table, folder / "inputs" / "table.parquet")
                with self.assertRaisesRegex(Refused, words):
                    read_table(str(folder / "inputs" / "table.parquet"))
            (folder / "inputs" / "input.json").write_text("[1")
            self.assertIn("no JSON", made.run("train", folder).stderr)

    def test_what_is_left_out_is_told(self) -> None:
        table = column("y", [None, float("inf"), *np.arange(38.0)])
        table = table.append_column("id", pa.array([f"sample {at}" for at in range(40)]))
        table = table.append_column("empty", pa.array([None] * 40, pa.string()))
        data = prepared(table)
        self.assertEqual(len(data.target), 38)
        told = " | ".join(data.notes)
        for words in ("2 rows have no y", "same has the same value", "id has 38 different texts", "empty has no value"):
            self.assertIn(words, told)
        self.assertEqual([one.name for one in data.columns], ["x", "z", "kind"])

    def test_kinds_are_recognised(self) -> None:
        table = made.formulas_table(60).append_column("smiles", pa.array(made.molecules_table(60).column("smiles")))
        data = prepare(table, read_request({"target": "strength"}))
        self.assertEqual([one.kind for one in data.columns], ["composition", "number", "smiles"])
