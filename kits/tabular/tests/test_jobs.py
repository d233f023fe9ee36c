"""The capabilities as jobs: train and predict in a folder, twice the same, and what the folder holds after."""

from __future__ import annotations

import hashlib
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnxruntime
import pyarrow as pa
import pyarrow.parquet as pq

from tests import tables_made as made

SAFE = (".json", ".onnx", ".parquet")


class Jobs(unittest.TestCase):
    def setUp(self) -> None:
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.folder = Path(held.name)

    def trained(self, name: str, table, given) -> Path:
        folder = made.job(self.folder / name, table, given)
        done = made.run("train", folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.fits_the_manifest(folder, 0)
        return folder

    def fits_the_manifest(self, folder: Path, capability: int) -> None:
        schema = made.read(made.kit / "kit.json")["capabilities"][capability]["output"]
        found = made.read(folder / "output.json")
        self.assertEqual(sorted(found), sorted(schema["required"]))
        for metric in found.get("metrics", []):
            self.assertLessEqual(set(metric), set(schema["properties"]["metrics"]["items"]["properties"]))

    def test_numbers_and_categories(self) -> None:
        table = made.numbers_table()
        given = {"target": "y", "budget": {"fits": 120}, "folds": 3, "seed": 5}
        first, second = self.trained("first", table, given), self.trained("second", table, given)
        for name in (
            "model/model.onnx",
            "model/model.json",
            "model/pipeline.json",
            "predictions.parquet",
            "output.json",
        ):
            same = [hashlib.sha256((folder / name).read_bytes()).hexdigest() for folder in (first, second)]
            self.assertEqual(same[0], same[1], f"{name} differs between two runs with one seed")
        left = {path.suffix for path in (first / "model").iterdir()}
        self.assertTrue(left <= set(SAFE), left)
        model = made.read(first / "model" / "model.json")
        self.assertEqual((model["format"], model["task"]), ("genesis-model/1", "regression"))
        self.assertEqual(model["outputs"], [{"name": "y", "unit": "MPa"}])
        self.assertEqual([one["name"] for one in model["inputs"]], ["x", "z", "kind"])
        x = table.column("x").to_numpy()
        self.assertEqual((model["inputs"][0]["minimum"], model["inputs"][0]["maximum"]), (x.min(), x.max()))
        self.assertEqual(model["inputs"][2]["categories"], ["cast", "forged", "rolled"])
        for file in model["files"]:
            self.assertEqual(file["sha256"], hashlib.sha256((first / "model" / file["path"]).read_bytes()).hexdigest())
        metrics = {one["name"]: one for one in model["metrics"]}
        self.assertEqual(metrics["mae"]["unit"], "MPa")
        self.assertLess(metrics["mae"]["low"], metrics["mae"]["value"])
        self.assertLess(metrics["mae"]["value"], 2.0)
        self.assertGreater(metrics["coverage"]["value"], 0.8)
        self.assertTrue(any("same" in note for note in made.read(first / "output.json")["notes"]))
        importances = [one["column"] for one in made.read(first / "output.json")["importances"]]
        self.assertEqual(set(importances[:2]), {"x", "z"})
        self.served_alone(first, table, model)
        self.predicted(first, table, "y")

    def served_alone(self, folder: Path, table, model) -> None:
        """What model.json says of serving is enough, without this kit."""
        serving = model["serving"]
        session = onnxruntime.InferenceSession(str(folder / "model" / serving["file"]))
        kinds = model["inputs"][2]["categories"]
        rows = [
            [row["x"], float("nan") if row["z"] is None else row["z"], kinds.index(row["kind"])]
            for row in table.to_pylist()
        ]
        interval = serving["interval"]
        outputs = [serving["outputs"]["mean"], interval["scaleOutput"]]
        mean, scale = session.run(outputs, {serving["input"]: np.array(rows, dtype=np.float32)})
        target = table.column("y").to_numpy()
        inside = np.abs(target - mean[:, 0]) <= interval["quantile"] * scale[:, 0]
        self.assertGreater(inside.mean(), 0.85)

    def predicted(self, folder: Path, table, target: str) -> None:
        before = made.read(folder / "model" / "model.json")["serving"]
        other = made.job(self.folder / f"predict-{folder.name}", table.drop_columns([target]), {}, folder / "model")
        done = made.run("predict", other)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.fits_the_manifest(other, 1)
        found = pq.read_table(other / "predictions.parquet")
        self.assertEqual(found.num_rows, table.num_rows)
        self.assertEqual(made.read(other / "output.json")["outOfRange"], 0)
        if before is not None and "interval" in before:
            self.assertTrue((found.column("lower").to_numpy() < found.column("upper").to_numpy()).all())
        values = found.column(target)
        if before is None:
            error = np.abs(values.to_numpy() - table.column(target).to_numpy()).mean()
            self.assertLess(
                error, np.abs(table.column(target).to_numpy() - table.column(target).to_numpy().mean()).mean()
            )

    def test_formulas(self) -> None:
        table = made.formulas_table()
        folder = self.trained("formulas", table, {"target": "strength", "budget": {"fits": 60}, "folds": 3})
        model = made.read(folder / "model" / "model.json")
        self.assertEqual([one["kind"] for one in model["inputs"]], ["composition", "number"])
        self.assertIsNone(model["serving"])
        self.assertLess(model["metrics"][0]["value"], 12)
        self.predicted(folder, table, "strength")

    def test_molecules(self) -> None:
        table = made.molecules_table()
        folder = self.trained("molecules", table, {"target": "solubility", "budget": {"fits": 40}, "folds": 2})
        self.assertEqual(made.read(folder / "model" / "model.json")["inputs"][0]["kind"], "smiles")
        self.predicted(folder, table, "solubility")

    def test_classes(self) -> None:
        for count in (2, 3):
            table = made.classes_table(count)
            folder = self.trained(f"classes-{count}", table, {"target": "phase", "budget": {"fits": 60}, "folds": 3})
            model = made.read(folder / "model" / "model.json")
            self.assertEqual(model["task"], "classification")
            self.assertEqual(len(model["outputs"][0]["categories"]), count)
            self.assertGreater(model["metrics"][0]["value"], 0.7)
            self.predicted(folder, table, "phase")

    def test_groups_and_time(self) -> None:
        table = made.numbers_table(120)
        when = [f"2026-01-{1 + at // 4:02d}" for at in range(120)]
        table = table.append_column("when", pa.array(np.array(when, dtype="datetime64[s]")))
        table = table.append_column("batch", pa.array([f"b{at // 3}" for at in range(120)]))
        given = {"target": "y", "time": "when", "groups": "batch", "budget": {"fits": 60}, "folds": 3}
        folder = self.trained("ordered", table, given)
        held = pq.read_table(folder / "predictions.parquet")
        self.assertGreater(held.num_rows, 60)
        self.assertGreater(min(held.column("row").to_pylist()), 20)
        model = made.read(folder / "model" / "model.json")
        self.assertEqual([one["name"] for one in model["inputs"]], ["x", "z", "kind"])
        self.predicted(folder, table.select(["x", "z", "kind", "y"]), "y")

    def test_the_smallest_table(self) -> None:
        table = made.numbers_table(20)
        folder = self.trained("small", table, {"target": "y", "budget": {"fits": 90}, "folds": 2})
        interval = made.read(folder / "model" / "model.json")["serving"]["interval"]
        self.assertEqual(set(interval), {"level", "halfWidth"})
        self.predicted(folder, table, "y")

    def test_a_changed_file_is_refused(self) -> None:
        table = made.numbers_table(60)
        folder = self.trained("changed", table, {"target": "y", "budget": {"fits": 12}, "folds": 2})
        path = folder / "model" / "model.onnx"
        path.write_bytes(path.read_bytes() + b"\0")
        done = made.run("predict", made.job(self.folder / "refused", table, {}, folder / "model"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("model.onnx is not what model.json names", done.stderr)

    def test_what_is_unlike_the_training_is_flagged(self) -> None:
        table = made.numbers_table(60)
        folder = self.trained("range", table, {"target": "y", "budget": {"fits": 12}, "folds": 2})
        strange = (
            table.slice(0, 3)
            .set_column(0, "x", [[0.0, 99.0, 0.1]])
            .set_column(2, "kind", [["cast", "cast", "sintered"]])
        )
        other = made.job(self.folder / "strange", strange, {}, folder / "model")
        self.assertEqual(made.run("predict", other).returncode, 0)
        found = pq.read_table(other / "predictions.parquet")
        self.assertEqual(found.column("outOfRange").to_pylist(), [False, True, True])
        refused = made.run(
            "predict", made.job(self.folder / "strict", strange, {"outOfRange": "refuse"}, folder / "model")
        )
        self.assertEqual(refused.returncode, 2)
        self.assertIn("row 2", refused.stderr)
