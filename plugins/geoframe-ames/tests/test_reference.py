import pytest

from geoframe.config import TomlTable, apply_overrides
from geoframe.reference import ReferenceTable
from geoframe_ames.reference import TABLES
from geoframe_registry import runs


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_row_is_a_config(table: ReferenceTable) -> None:
    names = [row.name for row in table.rows]
    assert len(set(names)) == len(names)
    for row in table.rows:
        overrides = {**row.overrides, **table.quick, "seed": 1}
        tree = apply_overrides(TomlTable({}, name=row.name), overrides.items())
        assert runs.configure("ames", tree)[1].seed == 1
