"""A file that is given and would not be read is told, before anything is trained."""

from __future__ import annotations

import json

import numpy as np
import pytest

import geoframe
from geoframe_data.scene_files.archive import write_npz
from geoframe_data.scenes import Scenes

FILE = "given.json"
VIEWS = {"name": "mesh-views", "points": 100, "size": 4, "others": 0}
GRAPHML = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="x" for="node" attr.name="x" attr.type="double"/>
<graph edgedefault="undirected"><node id="a"><data key="x">1</data></node>
<node id="b"><data key="x">2</data></node><edge source="a" target="b"/></graph></graphml>"""
GRAPH = {"nodes": [{"id": 0, "x": 1, "label": "a"}, {"id": 1, "x": 2, "label": "b"}]}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Return the current folder, with files that could be read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / FILE).write_text(json.dumps({"fx": 30, "fy": 30, "cx": 16, "cy": 12}))
    (tmp_path / "graph.graphml").write_text(GRAPHML)
    links = [{"source": 0, "target": 1}]
    (tmp_path / "graph.json").write_text(json.dumps({**GRAPH, "links": links}))
    scenes = Scenes(
        rgb=np.zeros((2, 24, 32, 3), np.uint8),
        depth=np.ones((2, 24, 32), np.float32),
        intrinsics=np.tile([30.0, 30.0, 16.0, 12.0], (2, 1)),
    )
    write_npz(tmp_path / "scenes.npz", scenes)
    return tmp_path


@pytest.mark.parametrize(
    ("method", "config", "told"),
    [
        ("asymlora", {"data": {"test": FILE}}, "test: needs path too"),
        (
            "cfdm",
            {"embedder": {"name": "autoencoder-kl", "path": FILE}},
            "embedder.path: needs cfdm.latent_dim",
        ),
        ("dreamup3d", {"data": {"intrinsics": FILE}}, "intrinsics: needs path or test"),
        (
            "dreamup3d",
            {"data": {"path": "scenes.npz", "intrinsics": FILE}},
            "data.intrinsics: has no say",
        ),
        ("dreamup3d", {"reconstruction": {"teacher_run": FILE}}, "goes with teacher = 'run'"),
        (
            "dreamup3d",
            {"reconstruction": {"teacher_run": FILE, "teacher": "run"}},
            "teacher_run: needs backend = 'reconstruction'",
        ),
        (
            "lgi",
            {"data": {"path": "graph.json", "format": "graph", "edges": FILE}},
            "data.edges: has no say",
        ),
        (
            "lgi",
            {"data": {"path": "graph.graphml", "test_path": FILE}},
            "data.test_path: has no say",
        ),
        ("nst", {"data": {"nodes": FILE}}, "nodes: needs path too"),
        ("sdi", {"cameras": {"path": FILE}}, "cameras.path: has no say"),
        ("sdi", {"data": {"path": FILE}, "prior": VIEWS}, "data.path: has no say"),
        ("sdi", {"prior": {**VIEWS, "dataset": True, "path": FILE}}, "leave path and texture out"),
    ],
)
def test_a_file_that_nothing_would_read_is_told(method, config, told):
    with pytest.raises(geoframe.GeoframeError) as caught:
        geoframe.run_method(method, config)
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_intrinsics_serve_the_images_beside_an_archive(folder):
    """Scenes to train on may bring theirs, and those to measure on need a file, or vice versa."""
    from PIL import Image

    from geoframe_dreamup3d.config import ScenesDataConfig
    from geoframe_dreamup3d.data import load_data

    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(folder / "x_color.png")
    Image.fromarray(np.full((24, 32), 1000, np.uint16)).save(folder / "x_depth.png")
    paths = {"path": folder / "scenes.npz", "test": folder / "x_color.png"}
    config = ScenesDataConfig(**paths, intrinsics=folder / FILE, dataset=None, tests=())
    data = load_data(config, seed=0)
    assert data.tests[0].scenes.intrinsics[0].tolist() == [30, 30, 16.5, 12.5]
