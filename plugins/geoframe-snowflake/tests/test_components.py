import pytest

from geoframe.testing import check_component
from geoframe_registry.discovery import find

COMPONENTS = [
    ("geometry", "snowflake-power"),
    ("geometry", "snowflake-spline"),
    ("geometry", "snowflake-directed"),
    ("geometry", "snowflake-curve"),
    ("dataset", "metric-graph"),
    ("dataset", "metric-points"),
    ("method", "snowflake"),
]


@pytest.mark.parametrize(("kind", "name"), COMPONENTS)
def test_what_is_declared_is_what_there_is(kind: str, name: str) -> None:
    report = check_component(find(kind, name))
    assert report.ok, str(report)
