"""Simulate, train, apply and report in a job's folder."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from genesis_deep.errors import Refused
from genesis_deep.job import main
from genesis_scattering import apply, report, simulate, train
from genesis_scattering.request import QUICK, read_request
from genesis_scattering.shapes import NAMES, SLOTS

TINY = {"particles": 5, "curves": 900, "members": 1, "steps": 12, "batch": 64, "width": 16, "depth": 2, "threads": 1, "checkpointSteps": 5}


def test_simulated_curves_are_a_table_for_the_deep_kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = simulate.work({"curves": 36, "particles": 2, "seed": 3})
    table = pq.read_table("curves.parquet")
    assert told["shapes"] == dict.fromkeys(NAMES, 4) and len(told["grid"]) == 128
    assert table.num_rows == 36 and table.schema.field("size").metadata == {b"unit": "Å".encode()}
    sphere = np.array(table.column("shape").to_pylist()) == "sphere"
    assert (np.array(table.column("sphere.radius").to_pylist())[sphere] == np.array(table.column("size").to_pylist())[sphere]).all()
    assert table.column("cylinder.length").null_count == 32
    with pytest.raises(Refused, match="whole number"):
        simulate.work({"curves": 0})


def test_trains_applies_and_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inputs").mkdir()
    Path("inputs/input.json").write_text(json.dumps(TINY))
    main(train.work)
    output = json.loads(Path("output.json").read_text())
    model = json.loads(Path("model/model.json").read_text())
    assert {metric["name"] for metric in output["metrics"]} >= {"accuracy", "log_loss", "sphere.radius.coverage_90"}
    assert model["outputs"][0]["categories"] == list(NAMES)
    assert len(model["config"]["sizes"]) == len(SLOTS) and model["config"]["onnxDifference"] < 1e-4
    for name in ("model.json", "model.onnx"):
        (tmp_path / "inputs" / name).write_bytes((tmp_path / "model" / name).read_bytes())
    curves = tmp_path / "inputs/curves"
    curves.mkdir()
    q = np.geomspace(0.002, 0.15, 80)
    x = q * 80
    made = (3 * (np.sin(x) - x * np.cos(x)) / x**3) ** 2
    (curves / "sphere_80.txt").write_text("<X> <Y>\n" + "".join(f"{a} {b}\n" for a, b in zip(q, made)))
    (curves / "noise.txt").write_text("nothing here")
    told = apply.work({"shape": "sphere"})["curves"]
    assert told[0] == {"file": "noise.txt", "refused": told[0]["refused"]}
    assert told[1]["shape"] == "sphere" and sum(told[1]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    (size,) = told[1]["sizes"]
    assert size["low"] < size["value"] < size["high"]
    assert size["fitted"] > 0 and np.isfinite(size["standardError"])
    capsys.readouterr()
    assert report.main(["--model", "model", "--curves", str(curves), "--json", "rows.json"]) == 0
    text = capsys.readouterr()
    assert "| sphere_80.txt |" in text.out and "of 1 known sizes lie within" in text.out
    assert "passed over: noise.txt" in text.err
    assert [row["known"] for row in json.loads(Path("rows.json").read_text()) if row["shape"] == "sphere"] == [[80, 80]]


def test_a_miss_is_told() -> None:
    assert report._within(70, 79, (80, 80)) == "MISS"
    assert report._within(70, 81, (80, 80)) == "yes"
    assert report._within(46, 61, (60, 65)) == "partly"
    assert report._within(70, 81, None) == "-"


def test_requests_are_checked_by_name() -> None:
    assert read_request({"quick": True}).steps == QUICK["steps"]
    assert read_request({"quick": True, "steps": 9}).steps == 9
    for given, field in (({"steps": 0}, "steps"), ({"quick": 1}, "quick"), ({"shape": "sphere"}, "shape"), ({"architecture": "x"}, "architecture")):
        with pytest.raises(Refused) as refused:
            read_request(given)
        assert refused.value.field == field
