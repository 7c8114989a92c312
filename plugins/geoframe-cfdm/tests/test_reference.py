"""Every row that ``geoframe reproduce cfdm`` measures is a config, in full and quick."""

from __future__ import annotations

import pytest

from geoframe.config import TomlTable, apply_overrides
from geoframe.reference import ReferenceTable
from geoframe_cfdm.reference import TABLES
from geoframe_registry import runs


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_row_is_a_config(table: ReferenceTable) -> None:
    assert len({row.name for row in table.rows}) == len(table.rows)
    for row in table.rows:
        for more in ({}, table.quick):
            overrides = {**row.overrides, **more, "seed": 1}
            tree = apply_overrides(TomlTable({}, name=row.name), overrides.items())
            config = runs.configure("cfdm", tree)[1]
            assert config.seed == 1
            assert config.evaluation.rivals == (table.compared == "comparison")
