import pytest

from geoframe.config import TomlTable, apply_overrides
from geoframe.reference import ReferenceRow
from geoframe_nst.method import NeuralSpacetimes
from geoframe_nst.reference import METRICS, TABLES
from geoframe_registry.configs import configure
from geoframe_registry.discovery import find

PUBLISHED = [table for table in TABLES if not table.compared]
ROWS = [pytest.param(table, row, id=row.name) for table in PUBLISHED for row in table.rows]


def config_of(row: ReferenceRow, **more: object) -> object:
    return configure(
        "nst", apply_overrides(TomlTable({}), [*row.overrides.items(), *more.items()])
    )[1]


def test_the_tables_are_those_of_the_method() -> None:
    assert tuple(NeuralSpacetimes().reference_tables()) == TABLES
    assert {table.name for table in TABLES} == {"synthetic", "webkb", "dream5", "field"}
    names = [row.name for table in TABLES for row in table.rows]
    assert len(names) == len({*names})


@pytest.mark.parametrize(("table", "row"), ROWS)
def test_every_row_is_a_valid_config_on_a_dataset_that_exists(table, row: ReferenceRow) -> None:
    config = config_of(row, **table.quick)
    dataset = row.overrides["data.dataset"]["name"]
    assert find("dataset", dataset).name == config.data.dataset.name
    assert set(table.metrics) == {*METRICS}
    assert row.published.keys() <= {*METRICS}
    scheme = {"squared", "published"} if not row.name.endswith("defaults") else {"log-ratio"}
    assert config.nst.loss in scheme
    assert bool(row.published) != row.name.endswith("defaults")


def test_rows_of_the_field_are_configs() -> None:
    [field] = [table for table in TABLES if table.compared]
    for row in field.rows:
        assert config_of(row, **field.quick).data.dataset.name == row.name


def test_the_published_scheme_is_that_of_the_published_scripts() -> None:
    row = next(row for row in TABLES[0].rows if row.name == "type1-dim2-nst")
    config = config_of(row)
    assert (config.embedder.name, config.embedder.options.layers) == ("mlp", 10)
    assert (config.trainer.options.steps, config.trainer.options.learning_rate) == (5000, 1e-4)
    assert (config.trainer.options.weight_decay, config.trainer.options.clip_norm) == (0.01, 0.5)
    assert (config.nst.time, config.nst.order_loss, config.nst.time_dim) == (
        "neural",
        "published",
        2,
    )
    assert (config.geometry.options.dim, config.geometry.options.exponent) == (2, "ge1")


def test_the_baselines_have_the_stated_number_of_space_coordinates() -> None:
    for table in PUBLISHED:
        for row in table.rows:
            geometry = config_of(row).geometry
            dim = int(row.name.split("-dim")[1].split("-")[0])
            extra = {"minkowski": 1, "de-sitter": 2}.get(geometry.name, 0)
            assert geometry.options.dim == dim + extra
