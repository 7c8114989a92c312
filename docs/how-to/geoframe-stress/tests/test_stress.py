from geoframe_registry.discovery import find

from geoframe.testing import check_component


def test_stress_conforms():
    report = check_component(find("method", "stress"))
    assert report.ok, str(report)
