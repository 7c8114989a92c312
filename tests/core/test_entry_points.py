from __future__ import annotations

import pytest

from geoframe.entry_points import declared


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def install(folder, name, points, version="1.0"):
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_bytes(points)


def test_a_damaged_distribution_hides_no_other(folder):
    install(folder, "alpha", b"[toy.kinds]\none = alpha:One\ntwo = alpha:Two\n")
    install(folder, "broken", b"[toy.kinds\n\xff\xfe = ")
    assert [point.value for point in declared("toy.kinds")] == ["alpha:One", "alpha:Two"]
    assert [point.value for point in declared("toy.kinds", "two")] == ["alpha:Two"]
    assert next(declared("toy.kinds")).dist.name == "alpha"


def test_of_two_versions_the_first_on_the_path_counts(folder, tmp_path, monkeypatch):
    install(folder, "alpha", b"[toy.kinds]\none = alpha:Old\n")
    first = tmp_path / "first"
    first.mkdir()
    install(first, "alpha", b"[toy.kinds]\none = alpha:New\n", version="2.0")
    monkeypatch.syspath_prepend(first)
    assert [point.value for point in declared("toy.kinds")] == ["alpha:New"]
