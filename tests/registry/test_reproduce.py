from __future__ import annotations

import statistics

import attrs
import pytest

from geoframe.errors import RunError
from geoframe.reference import ReferenceRow, ReferenceTable
from geoframe_registry import reproduce
from geoframe_registry.field import field_page, field_tables
from geoframe_registry.reproduce import Measured, measure, tables


@pytest.fixture
def table(local_site):
    [found] = tables("toy")
    return found


def test_a_row_is_averaged_over_its_seeds(table, tmp_path):
    row = measure("toy", table, table.rows[0], folder=tmp_path, seeds=2)
    assert [path.name for path in row.runs] == ["steep-3-seed0", "steep-3-seed1"]
    measured = row.measured["slope"]
    assert measured.mean == pytest.approx(statistics.mean(measured.values))
    assert measured.sd == pytest.approx(statistics.stdev(measured.values))
    assert len(set(measured.values)) == 2
    assert row.published["slope"].value == 3.0
    assert row.errors == ()


def test_finished_runs_are_used_again(table, tmp_path):
    first = measure("toy", table, table.rows[0], folder=tmp_path)
    times = [(path / "results.json").stat().st_mtime_ns for path in first.runs]
    again = measure("toy", table, table.rows[0], folder=tmp_path)
    assert [(path / "results.json").stat().st_mtime_ns for path in again.runs] == times
    assert again.measured == first.measured


def test_a_failing_row_is_reported(table, tmp_path):
    row = measure("toy", table, table.rows[1], folder=tmp_path)
    assert row.errors == tuple(
        f"seed {seed}: ZeroDivisionError: the toy exploded on purpose" for seed in (0, 1)
    )
    assert row.measured == {}


def test_quick_runs_take_the_quick_overrides_and_are_kept_apart(table, tmp_path):
    row = measure("toy", table, table.rows[2], folder=tmp_path, quick=True)
    [path] = row.runs
    assert path.parent == tmp_path / "lines-quick"
    assert "steps = 5" in (path / "config.toml").read_text()


def test_a_single_value_has_no_spread():
    assert Measured((2.0,)).sd is None


def test_an_unknown_table_is_answered_with_the_closest(local_site):
    with pytest.raises(RunError, match="no reference table 'linse'; did you mean 'lines'"):
        tables("toy", "linse")


@pytest.fixture
def compared(monkeypatch):
    def results(method, where, overrides, path):
        seed = overrides["seed"]
        rows = [
            {"model": "toy", "loss": 1.0 + seed, "seconds": None},
            {"model": "mean", "loss": 2.5, "seconds": 0.5},
        ]
        return {"metrics": {"loss": -1.0}, "tables": {"rivals": rows}}

    monkeypatch.setattr(reproduce, "_results", results)
    return ReferenceTable(
        name="field",
        title="Lines",
        metrics=("loss", "seconds"),
        rows=(ReferenceRow(name="flat", overrides={"slope": 0.0}),),
        seeds=2,
        note="Less is better.",
        compared="rivals",
    )


def test_a_method_is_measured_beside_its_rivals(compared, tmp_path):
    row = measure("toy", compared, compared.rows[0], folder=tmp_path)
    assert row.measured == {}
    assert row.contenders["toy"] == {"loss": Measured((1.0, 2.0))}
    assert row.contenders["mean"] == {
        "loss": Measured((2.5, 2.5)),
        "seconds": Measured((0.5, 0.5)),
    }


def test_the_page_of_the_field_has_every_contender_and_its_command(compared, tmp_path):
    row = measure("toy", compared, compared.rows[0], folder=tmp_path)
    page = field_page([("toy", compared, [row])])
    assert "geoframe reproduce toy --table field" in page
    assert "| flat | toy | 1.5 ± 0.71 |  |" in page
    assert "|  | mean | 2.5 ± 0 | 0.5 ± 0 |" in page
    assert "2 seeds" in page


def test_an_error_on_the_page_of_the_field_is_text(compared, tmp_path):
    row = measure("toy", compared, compared.rows[0], folder=tmp_path)
    told = "seed 0: ValueError: a | <script>\n# b"
    page = field_page([("toy", compared, [attrs.evolve(row, errors=(told,))])])
    assert "| flat | seed 0: ValueError: a \\| \\<script\\> \\# b |" in page


def test_methods_that_compare_themselves_are_in_the_field():
    assert "snowflake" in [method for method, _ in field_tables()]
