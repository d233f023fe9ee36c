"""`load`: tables as pandas frames over several pages, datasets of trees as xarray arrays."""

import io
import re
import unittest
from contextlib import redirect_stdout
from pathlib import Path
from unittest.mock import patch

import numpy
import pandas

from .world import client, world

table, tree = world["table"], world["tree"]
rows = table["rows"]


def frame(first: int = 0, last: int = rows, step: int = 1) -> pandas.DataFrame:
    """The table as it was written, see `tableText` in the test that starts this."""
    at = numpy.arange(first, last, step)
    return pandas.DataFrame(
        {
            "id": at,
            "temp (C)": numpy.where(at % 10 == 3, numpy.nan, at / 4),
            "name": [f"s{one}" for one in at],
            "taken": pandas.Timestamp("2026-01-01T00:00:00Z") + pandas.to_timedelta(at, unit="s"),
        }
    )


def same(found: pandas.DataFrame, wanted: pandas.DataFrame) -> None:
    pandas.testing.assert_frame_equal(found, wanted.reset_index(drop=True), check_dtype=False, check_column_type=False)


class Tables(unittest.TestCase):
    def test_a_whole_table_over_several_pages(self) -> None:
        found = client("owner").load(table["version"])
        same(found, frame())
        kinds = found.dtypes
        self.assertEqual((str(kinds["id"]), str(kinds["temp (C)"])), ("int64", "float64"))
        self.assertTrue(isinstance(kinds["taken"], pandas.DatetimeTZDtype), kinds["taken"])
        self.assertEqual(found.attrs["units"]["temp (C)"], "C")
        self.assertIsNone(found.attrs["units"]["name"])
        self.assertEqual(found.attrs["version"], table["version"])

    def test_columns_and_ranges(self) -> None:
        owner = client("owner")
        for start, stop, step in ((0, 10, 1), (7, 40_001, 1), (5, rows, 7), (rows - 3, rows + 50, 1), (3, 3, 1), (9, 2, 1)):
            found = owner.load(table["dataset"], columns=["name", "id"], start=start, stop=stop, step=step)
            same(found, frame(start, max(start, min(stop, rows)), step)[["name", "id"]])
        self.assertEqual(len(owner.load(table["version"], start=rows + 1)), 0)


class Trees(unittest.TestCase):
    def test_every_type_as_it_was_written(self) -> None:
        for path, dtype, shape in tree["arrays"]:
            found = client("owner").load(tree["version"], path=path)
            wanted = (numpy.arange(numpy.prod(shape)) % 120).astype(dtype).reshape(shape)
            self.assertEqual(found.dtype, numpy.dtype(dtype), path)
            numpy.testing.assert_array_equal(found.values, wanted)
            self.assertEqual((found.name, found.attrs["path"]), (path.rsplit("/", 1)[-1], path))
            self.assertEqual(found.attrs["units"], "counts" if path == "/entry/wide" else None)

    def test_slices(self) -> None:
        path, dtype, shape = tree["arrays"][0]
        whole = (numpy.arange(numpy.prod(shape)) % 120).astype(dtype).reshape(shape)
        for start, stop, step in (([1, 2], [30, 41], [3, 5]), ([0, 0], [1, shape[1]], [1, 1]), ([4, 4], [4, 9], [1, 1])):
            found = client("owner").load(tree["dataset"], path=path, start=start, stop=stop, step=step)
            wanted = whole[start[0] : stop[0] : step[0], start[1] : stop[1] : step[1]]
            numpy.testing.assert_array_equal(found.values, wanted)
            self.assertEqual(found.shape, wanted.shape)
        # Writable, as any array that one computes with.
        found += 1


class Readme(unittest.TestCase):
    def test_its_example_runs(self) -> None:
        text = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
        code = re.findall(r"```python\n(.*?)```", text, re.S)[0]
        for name, value in world["readme"].items():
            self.assertIn(name, code)
            code = code.replace(name, value)
        shown = io.StringIO()
        with (
            patch.dict("os.environ", {"GENESIS_URL": world["url"], "GENESIS_TOKEN": world["tokens"]["colleague"]}),
            redirect_stdout(shown),
        ):
            scope: dict[str, object] = {}
            exec(compile(code, "README.md", "exec"), scope)
        self.assertEqual(scope["frame"].attrs["units"]["temp (C)"], "C")  # type: ignore[attr-defined]
        self.assertEqual(scope["image"].shape, (64, 64))  # type: ignore[attr-defined]
        self.assertIn(table["dataset"], shown.getvalue())


if __name__ == "__main__":
    unittest.main()
