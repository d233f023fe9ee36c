"""Folds, thresholds, conformal quantiles, weights and bends, each by what it promises."""

from __future__ import annotations

import unittest

import lightgbm
import numpy as np
import onnxruntime
from genesis_tabular.candidates import Problem
from genesis_tabular.conformal import calibrate, conformal_quantile
from genesis_tabular.ensemble import choose_weights, learn_bend
from genesis_tabular.errors import Refused
from genesis_tabular.features import BaseColumn, Design
from genesis_tabular.fitting import column_importances, fit
from genesis_tabular.folds import make_folds, together
from genesis_tabular.gain import LEAST_FACTOR
from genesis_tabular.members import Boosted, Forest
from genesis_tabular.metrics import LOSSES, bootstrap
from genesis_tabular.onnx_export import to_onnx
from genesis_tabular.search import Budget, Model, search
from genesis_tabular.trees import float32_below
from sklearn.ensemble import ExtraTreesRegressor


class Folds(unittest.TestCase):
    def test_groups_and_equal_rows_stay_together(self) -> None:
        random = np.random.default_rng(0)
        design = random.integers(0, 12, (200, 1)).astype(np.float32)
        groups = np.array([f"g{at}" for at in random.integers(0, 80, 200)])
        for given in (None, groups):
            wide = design if given is None else random.normal(size=(200, 2)).astype(np.float32)
            units = together(wide, given)
            folds = make_folds(4, units, None, None, 3)
            self.assertEqual(sorted(np.concatenate([held for _, held in folds]).tolist()), list(range(200)))
            for train, held in folds:
                self.assertFalse(set(units[train]) & set(units[held]))
                if given is not None:
                    self.assertFalse(set(given[train]) & set(given[held]))

    def test_a_chain_of_groups_and_equal_rows_is_one_unit(self) -> None:
        units = together(np.array([[1.0], [1.0], [2.0], [2.0], [9.0]]), np.array(["a", "b", "b", "c", "d"]))
        self.assertEqual(len(set(units[:4])), 1)
        self.assertNotEqual(units[4], units[0])

    def test_time_is_kept_in_order(self) -> None:
        time = np.repeat(np.arange(40.0), 3)[::-1].copy()
        units = np.arange(120)
        folds = make_folds(4, units, time, None, 0)
        self.assertEqual(len(folds), 4)
        for train, held in folds:
            self.assertLess(time[train].max(), time[held].min())
        with self.assertRaises(Refused):
            make_folds(4, units, np.zeros(120), None, 0)

    def test_too_few_groups(self) -> None:
        with self.assertRaisesRegex(Refused, "3 groups"):
            make_folds(5, np.array([0, 1, 2] * 10), None, None, 0)


class Trees(unittest.TestCase):
    def test_thresholds_round_down(self) -> None:
        random = np.random.default_rng(1)
        wide = np.concatenate([random.normal(size=5000), [0.1, -0.1, 1e-35, 16777217.0]])
        down = float32_below(wide)
        self.assertTrue((down.astype(float) <= wide).all())
        self.assertTrue((np.nextafter(down, np.float32(np.inf)).astype(float) > wide).all())

    def test_rows_that_lie_on_thresholds_keep_their_branch(self) -> None:
        """Neighbouring float32 values, so that every threshold lies between two that a rounding could join."""
        steps = np.float32(1) + np.arange(256, dtype=np.float32) * np.finfo(np.float32).eps
        x = np.stack([steps, np.random.default_rng(2).permutation(steps)], axis=1)
        y = np.random.default_rng(3).normal(size=256) * 100
        data = lightgbm.Dataset(x, y, params={"max_bin": 1024, "min_data_in_bin": 1, "verbosity": -1})
        parameters = {
            "verbosity": -1,
            "min_data_in_leaf": 1,
            "num_leaves": 64,
            "num_threads": 1,
            "max_bin": 1024,
            "min_data_in_bin": 1,
        }
        booster = lightgbm.train(parameters, data, 30)
        forest = ExtraTreesRegressor(20, random_state=0).fit(x, y)
        design = Design.learn([BaseColumn(name, name, "number") for name in "ab"], x)
        for member in (Boosted(booster, 30, np.arange(2), 0), Forest(forest, np.arange(2))):
            model = Model([(member, 1.0)], [{}], [1.0], None, None, None, 0, 0.0, 1, 1, False)
            session = onnxruntime.InferenceSession(to_onnx(model, design, 2).SerializeToString())
            found = session.run(["y"], {"x": x})[0]
            np.testing.assert_allclose(found, model.predict(design.transform(x)), rtol=1e-4, atol=1e-3)


class Statistics(unittest.TestCase):
    def test_quantile(self) -> None:
        self.assertEqual(conformal_quantile(np.arange(1.0, 100.0), 0.9), 90.0)
        self.assertEqual(conformal_quantile(np.arange(1.0, 5.0), 0.9), 4.0)

    def test_intervals_cover_new_rows_and_follow_the_noise(self) -> None:
        random = np.random.default_rng(5)
        inside, wide, narrow = [], [], []
        for draw in range(12):
            x = random.uniform(0, 1, (500, 2)).astype(np.float32)
            noise = random.normal(size=500) * np.where(x[:, 0] > 0.5, 5.0, 1.0)
            held = np.array_split(np.arange(300), 5)
            intervals = calibrate(x[:300], noise[:300], held, 0.9, draw, 1)
            width = intervals.half_widths(x[300:])
            inside.append((np.abs(noise[300:]) <= width).mean())
            wide.append(width[x[300:, 0] > 0.6].mean())
            narrow.append(width[x[300:, 0] < 0.4].mean())
        self.assertAlmostEqual(float(np.mean(inside)), 0.9, delta=0.02)
        self.assertGreater(np.mean(wide), 2.5 * np.mean(narrow))

    def test_weights(self) -> None:
        random = np.random.default_rng(6)
        y = random.normal(size=400)
        found = [(y + random.normal(0, spread, 400))[:, None] for spread in (0.5, 0.5, 3.0)]
        weights = choose_weights(found, y, LOSSES["mae"])
        self.assertAlmostEqual(weights.sum(), 1.0)
        self.assertTrue((weights >= 0).all())
        self.assertLess(weights[2], 0.1)
        together_ = LOSSES["mae"](y, np.sum([one * weight for one, weight in zip(found, weights, strict=True)], axis=0))
        self.assertLess(together_, min(LOSSES["mae"](y, one) for one in found))

    def test_a_bend_finds_the_zeros(self) -> None:
        random = np.random.default_rng(7)
        found = random.uniform(0, 2, 2000)
        y = np.where(random.random(2000) < 0.8 - 0.35 * found, 0.0, 2 * found)
        bend = learn_bend(found, y, True)
        self.assertLess(np.abs(bend.apply(found) - y).mean(), 0.9 * np.abs(found - y).mean())
        self.assertTrue((np.diff(bend.apply(np.linspace(0, 2, 200))) >= -1e-9).all())

    def test_bootstrap_draws_whole_units(self) -> None:
        values = np.repeat(np.random.default_rng(8).normal(size=20), 50)
        own = bootstrap(lambda rows: float(values[rows].mean()), np.repeat(np.arange(20), 50), 0)
        single = bootstrap(lambda rows: float(values[rows].mean()), np.arange(1000), 0)
        self.assertGreater(own[1] - own[0], 4 * (single[1] - single[0]))


class Members(unittest.TestCase):
    def test_every_family_is_the_same_in_onnx(self) -> None:
        random = np.random.default_rng(9)
        x = random.normal(size=(150, 4)).astype(np.float32)
        y = np.sin(x[:, 0]) * 50 + x[:, 1] ** 2 * 20 + 300
        design = Design.learn([BaseColumn(name, name, "number") for name in "abcd"], x)
        columns = np.arange(4)
        for settings in (
            {"family": "support", "c": 10, "gamma": 1.0, "lean": 0.5, "epsilon": 0.05},
            {"family": "process", "kernel": "matern52"},
            {"family": "process", "kernel": "rbf"},
            {"family": "linear", "penalty": 1.0},
            {"family": "forest", "columns": 0.5, "leafRows": 2},
        ):
            matter = column_importances(x, y, columns, 0, 1)
            member = fit(settings, x, y, columns, 0, 0, 1, 50, lambda matter=matter: matter)
            model = Model([(member, 1.0)], [settings], [1.0], None, None, None, 0, 0.0, 1, 1, False)
            session = onnxruntime.InferenceSession(to_onnx(model, design, 4).SerializeToString())
            new = random.normal(size=(80, 4)).astype(np.float32)
            np.testing.assert_allclose(
                session.run(["y"], {"x": new})[0], model.predict(new), rtol=1e-4, err_msg=str(settings)
            )

    def test_a_search_does_not_look_at_the_clock_when_fits_are_counted(self) -> None:
        random = np.random.default_rng(10)
        x = random.normal(size=(80, 3)).astype(np.float32)
        y = x[:, 0] * 2 + x[:, 1]
        folds = make_folds(4, np.arange(80), None, None, 0)
        problem = Problem(x, ["number"] * 3, y, 0, folds, "mae", LOSSES["mae"], 1, 1)
        model = search(problem, Budget(40, None), 0.9, False, lambda _: None)
        self.assertLessEqual(model.fits, 40)
        self.assertFalse(model.stopped_by_time)
        quick = search(problem, Budget(None, 1.0), 0.9, False, lambda _: None)
        self.assertTrue(quick.stopped_by_time)


class Narrowing(unittest.TestCase):
    """A made target that more rows tell better, so that the final model errs less than those of the folds."""

    def searched(self, rows: int, in_order: bool = False) -> tuple[Model, Problem]:
        random = np.random.default_rng(11)
        x = random.uniform(-2, 2, size=(rows, 5)).astype(np.float32)
        y = np.sin(3 * x[:, 0]) * np.cos(2 * x[:, 1]) + np.abs(x[:, 2]) + x[:, 3] * x[:, 4]
        folds = make_folds(4, np.arange(rows), np.arange(rows) if in_order else None, None, 0)
        problem = Problem(x, ["number"] * 5, y, 0, folds, "mae", LOSSES["mae"], 1, 1)
        return search(problem, Budget(24, None), 0.9, in_order, lambda _: None), problem

    def test_intervals_are_narrowed_the_same_each_time_and_cover_new_rows(self) -> None:
        model, _ = self.searched(1200)
        again, _ = self.searched(1200)
        self.assertEqual(model.intervals.quantile, again.intervals.quantile)
        self.assertLess(model.intervals.factor, 0.97)
        self.assertGreaterEqual(model.intervals.factor, LEAST_FACTOR)
        fresh = np.random.default_rng(12).uniform(-2, 2, size=(4000, 5)).astype(np.float32)
        y = np.sin(3 * fresh[:, 0]) * np.cos(2 * fresh[:, 1]) + np.abs(fresh[:, 2]) + fresh[:, 3] * fresh[:, 4]
        error, width = np.abs(y - model.predict(fresh)[:, 0]), model.intervals.half_widths(fresh)
        narrowed = (error <= width).mean()
        self.assertLess(abs(narrowed - 0.9), abs((error <= width / model.intervals.factor).mean() - 0.9))

    def test_few_rows_and_an_order_in_time_leave_widths_as_they_are(self) -> None:
        for rows, in_order in ((900, False), (1200, True)):
            model, _ = self.searched(rows, in_order)
            self.assertEqual(model.intervals.factor, 1.0)
