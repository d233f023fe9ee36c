"""Readers, the grid, the physics of the simulated curves, and the least-squares fit."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from genesis_deep.errors import Refused
from genesis_scattering.bank import STEP, U, make_bank
from genesis_scattering.fit import fit
from genesis_scattering.grid import GRID, to_grid
from genesis_scattering.instrument import simulate, smeared
from genesis_scattering.kernels import intensity
from genesis_scattering.readers import Curve, read_curve
from genesis_scattering.shapes import NAMES, SHAPES, SLOTS, shape_named, slots_of
from genesis_scattering.tell import Told

XML = """<?xml version="1.0"?><SASroot xmlns="urn:cansas1d:1.1"><SASentry><SASdata>
<Idata><Q unit="1/nm">0.1</Q><I unit="1/cm">5</I><Idev>0.1</Idev></Idata><Idata><Q unit="1/nm">0.2</Q><I>4</I><Idev>0.1</Idev></Idata>
<Idata><Q>0.3</Q><I>3</I><Idev>0.1</Idev></Idata><Idata><Q>0.4</Q><I>2</I><Idev>0.1</Idev></Idata><Idata><Q>0.5</Q><I>1</I><Idev>0.1</Idev></Idata>
</SASdata><SASdata><Idata><Q>9</Q><I>9</I></Idata></SASdata></SASentry></SASroot>"""


def sphere(q: np.ndarray, radius: float) -> np.ndarray:
    """Rayleigh 1910."""
    x = q * radius
    return (3 * (np.sin(x) - x * np.cos(x)) / x**3) ** 2


def test_sasmodels_without_a_compiler_of_the_machine_gives_the_sphere_of_the_books(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    q = np.linspace(0.001, 0.2, 60)
    found = intensity(shape_named("sphere"), q, np.array([70.0]), 0.0, {})
    assert np.allclose(found / found[0], sphere(q, 70) / sphere(q[:1], 70), rtol=1e-6, atol=1e-9)


def test_every_shape_scales_with_its_size() -> None:
    random = np.random.default_rng(3)
    from genesis_scattering.shapes import draw

    q = np.geomspace(0.003, 0.1, 20)
    for shape in SHAPES:
        sizes, _, more = draw(shape, random)
        one, two = intensity(shape, q, sizes, 0.0, more), intensity(shape, q / 3, sizes * 3, 0.0, more)
        assert np.allclose(np.log(one / one[0]), np.log(two / two[0]), atol=0.02), shape.name
        assert len(slots_of(shape.name)) == len(sizes)


def test_simulated_curves_repeat_and_carry_the_sizes_of_their_shape_alone() -> None:
    bank = make_bank(2, 1)
    x, y = simulate(bank, 90, 4)
    again = simulate(make_bank(2, 1), 90, 4)
    assert np.array_equal(x, again[0]) and np.array_equal(y, again[1], equal_nan=True)
    assert np.isfinite(x).all()
    for row in y:
        name = NAMES[int(row[0])]
        assert [SLOTS[at][0] for at in np.nonzero(np.isfinite(row[1:]))[0]] == [name] * len(slots_of(name))


def test_smearing_lies_between_the_kept_resolutions() -> None:
    curves = np.stack([np.full(len(U), float(level)) for level in range(5)])
    found = smeared(curves, np.log(U[10:14]), np.array([0.0, 0.01, 0.05, 0.2]))
    assert found == pytest.approx([0, 0.5, 2, 4])
    assert STEP < 0.013


def test_the_grid_marks_what_was_measured_and_forgets_the_scale() -> None:
    q = np.geomspace(0.004, 0.3, 300)
    one, two = to_grid(q, sphere(q, 60) + 1e-4), to_grid(q, 1e5 * (sphere(q, 60) + 1e-4))
    assert np.allclose(one, two, atol=1e-4)
    assert one[1, GRID < 0.0038].sum() == 0 and one[1, (GRID > 0.0045) & (GRID < 0.28)].all()
    assert one[2].max() == -1
    told = to_grid(q, sphere(q, 60) + 1e-4, None, 0.07 * q)
    assert told[2][told[1] == 1] == pytest.approx(0.7)
    # a coarse curve is on only near its points, and a negative intensity is not measured
    coarse = to_grid(np.linspace(0.025, 0.5, 20), np.linspace(20, 1, 20))
    assert 20 <= coarse[1].sum() < 75
    assert to_grid(q, -sphere(q, 60))[1].sum() == 0


def test_reads_text_of_two_to_four_columns(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("<X>   <Y>\n0  -1.#IND\n" + "".join(f"{0.1 * at} {9 - at}\n" for at in range(1, 8)))
    two = read_curve(tmp_path / "a.txt")
    assert len(two.q) == 7 and two.sigma is None and two.notes == ["1 line(s) whose intensity is no number were left out"]
    (tmp_path / "b.txt").write_text(" LOQ 2003\n  3 0 0 0 1 3 0\n 0 0 0 0\n" + "".join(f"   {0.01 * at:.5f}  {9 - at:.6e}  1.0E-01  2.0e-03\n" for at in range(1, 8)))
    four = read_curve(tmp_path / "b.txt")
    assert four.sigma is not None and four.dq is not None
    assert four.dq[1:] == pytest.approx(0.002)


def test_reads_the_first_data_of_cansas_xml_in_its_unit(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(XML)
    found = read_curve(tmp_path / "a.xml")
    assert found.q == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])
    assert found.intensity.tolist() == [5, 4, 3, 2, 1] and found.sigma is not None and found.dq is None
    assert found.notes == ["the file has 2 data sets; the first was read"]


def test_reads_the_table_that_an_imported_curve_becomes(tmp_path: Path) -> None:
    q, intensity = [0.1 * at for at in range(1, 8)], [None, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0]
    pq.write_table(pa.table({"X": q, "Y": intensity}), tmp_path / "plain.txt")
    plain = read_curve(tmp_path / "plain.txt")
    assert plain.q.tolist() == q[1:] and plain.intensity.tolist() == intensity[1:] and plain.sigma is None
    fields = [pa.field("Q", pa.float64(), metadata={"unit": "1/nm"}), pa.field("I", pa.float64()), pa.field("Qdev", pa.float64())]
    pq.write_table(pa.table([q, intensity, [0.02] * 7], schema=pa.schema(fields)), tmp_path / "named.xml")
    named = read_curve(tmp_path / "named.xml")
    assert named.q == pytest.approx([0.1 * one for one in q[1:]])
    assert named.sigma is None and named.dq == pytest.approx(0.002)


def test_a_table_that_is_no_curve_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["x"] * 9, "b": [1.0] * 9}), tmp_path / "words")
    pq.write_table(pa.table({name: [1.0] * 9 for name in "abcde"}), tmp_path / "wide")
    (tmp_path / "broken").write_bytes(b"PAR1 and nothing more")
    pq.write_table(pa.table([[1.0] * 9, [1.0] * 9], schema=pa.schema([pa.field("Q", pa.float64(), metadata={"unit": "furlong"}), pa.field("I", pa.float64())])), tmp_path / "unit")
    for name, reason in (("words", "no curve"), ("wide", "no curve"), ("broken", "cannot be read"), ("unit", "furlong")):
        with pytest.raises(Refused, match=reason):
            read_curve(tmp_path / name)


@pytest.mark.parametrize("text", [
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><SASroot>&c;</SASroot>',
    '<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><SASroot/>',
    '<?xml version="1.0"?><SASroot>' + "<a>" * 100,
    '<?xml version="1.0"?><SASroot></b>',
    XML.replace("1/nm", "furlong"),
    "words and no numbers",
    "1 2\n3 4\n",
])
def test_hostile_or_useless_files_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(text)
    with pytest.raises(Refused) as refused:
        read_curve(tmp_path / "x.xml")
    assert refused.value.field == "x.xml"


def test_the_fit_refines_a_rough_size_and_says_how_well_it_knows_it() -> None:
    random = np.random.default_rng(5)
    q = np.geomspace(0.005, 0.3, 120)
    exact = intensity(shape_named("sphere"), q, np.array([64.0]), 0.08, {})
    sigma = 0.01 * exact + 1e-5 * exact[0]
    curve = Curve("made", q, exact + sigma * random.standard_normal(len(q)), sigma, None, [])
    found = fit(curve, Told("sphere", {"sphere": 1.0}, {"radius": (70.0, 55.0, 85.0)}, 80))
    value, error = found.sizes["radius"]
    assert abs(value - 64) < 4 * error and error < 0.5
    assert found.spread == pytest.approx(0.08, abs=0.01)
    assert 0.5 < found.misfit < 2
