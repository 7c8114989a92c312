import pytest

from geoframe.config import TomlTable, apply_overrides
from geoframe_dreamup3d.method import DreamUp3D
from geoframe_dreamup3d.reference import TABLES
from geoframe_registry.configs import configure

ROWS = [pytest.param(t, r, id=f"{t.name}-{r.name}") for t in TABLES for r in t.rows]


def test_the_tables_are_those_of_the_method():
    assert tuple(DreamUp3D().reference_tables()) == TABLES
    assert {table.name for table in TABLES} == {"field", "segmentation", "shapes", "matching"}


@pytest.mark.parametrize(("table", "row"), ROWS)
def test_every_row_is_a_valid_config(table, row):
    overrides = [*row.overrides.items(), *table.quick.items()]
    config = configure("dreamup3d", apply_overrides(TomlTable({}), overrides))[1]
    assert len(config.data.tests) == 1
    assert row.name.startswith(config.data.tests[0].options.part)
    assert row.published.keys() <= {*table.metrics}


def test_no_number_of_the_paper_itself_is_claimed():
    for table in TABLES:
        for row in table.rows:
            for published in row.published.values():
                assert "ANOTHER DATA SET" in published.source
