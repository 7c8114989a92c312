"""Every row that ``geoframe reproduce cgenn`` measures is a config, in full and quick."""

import pytest

from geoframe.config import TomlTable, apply_overrides
from geoframe.reference import ReferenceTable
from geoframe_cgenn.reference import TABLES
from geoframe_registry import runs


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_row_is_a_config(table: ReferenceTable) -> None:
    assert len({row.name for row in table.rows}) == len(table.rows)
    for row in table.rows:
        for more in ({}, table.quick):
            overrides = {**row.overrides, **more, "seed": 1}
            tree = apply_overrides(TomlTable({}, name=row.name), overrides.items())
            config = runs.configure("cgenn", tree)[1]
            assert config.seed == 1
            steps = {**row.overrides, **more}["trainer.steps"]
            assert config.trainer.options.steps == steps
            assert config.data.dataset.name == row.overrides["data.dataset"]["name"]
