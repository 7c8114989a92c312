from geoframe.testing import check_component
from geoframe_registry.discovery import find


def test_stress_conforms():
    report = check_component(find("method", "stress"))
    assert report.ok, str(report)
