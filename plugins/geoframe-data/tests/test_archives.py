"""Archives of named arrays that are sound but for one of them: told in one line, or read."""

import random
from pathlib import Path

import numpy as np
import pytest

from geoframe.errors import DataError
from geoframe_data.arrays import load_arrays
from geoframe_data.files import open_file
from geoframe_data.graphs.read import read_graph
from geoframe_data.guess import guess
from geoframe_data.item_sources import items_of_arrays
from geoframe_data.matrices import read_distances
from geoframe_data.scene_files.reading import read_scenes
from geoframe_data.table import read_table

EYES = np.tile(np.eye(4), (2, 1, 1))
IMAGES = {"rgb": np.zeros((2, 8, 8, 3), np.uint8), "depth": np.ones((2, 8, 8), np.float32)}
MASKS = {"seg": np.zeros((2, 8, 8), np.uint8)}
EDGES = np.array([[0, 1], [1, 2]])
ABC = np.array(["a", "b", "c"])


def read_items(path):
    return items_of_arrays(load_arrays(open_file(path), one="data"), str(path), labels="y")


SOUND = {
    "scenes": (
        read_scenes,
        {
            **(IMAGES | MASKS),
            "K": np.array([[8.0, 0, 4], [0, 8, 4], [0, 0, 1]]),
            "cam": EYES,
            "pose": np.tile(np.eye(4), (2, 3, 1, 1)),
            "obj": np.ones((2, 3), np.int16),
            "names": np.array(["a", "b"]),
            "depth_scale": np.array(1.0),
        },
    ),
    "focal lengths": (read_scenes, {**(IMAGES | MASKS), "f": np.full(2, 8.0), "cam": EYES}),
    "edge_index": (
        read_graph,
        {
            "edge_index": EDGES,
            "num_nodes": np.array(3),
            "edge_attr": np.ones(2),
            "x": np.ones((3, 2)),
            "y": np.array([0, 1, 1]),
            "names": ABC,
        },
    ),
    "edges": (
        read_graph,
        {
            "edges": EDGES,
            "weights": np.ones(2),
            "x_packed": np.zeros((3, 1), np.uint8),
            "num_features": np.array(5),
            "times": np.arange(3.0),
        },
    ),
    "parent": (
        read_graph,
        {
            "parent": np.array([-1, 0, 0]),
            "length": np.ones(3),
            "label": ABC,
            "features": np.ones((3, 2)),
        },
    ),
    "adjacency": (read_graph, {"adjacency": np.eye(3, k=1), "name": ABC}),
    "distances": (read_distances, {"distances": 1.0 - np.eye(3), "names": ABC}),
    "items": (read_items, {"x": np.ones((4, 3)), "y": np.array([0, 1, 0, 1])}),
    "table": (read_table, {"x": np.ones((3, 3)), "y": np.array([0, 1, 0]), "z": ABC}),
}
VALUES = (
    *("abc", b"\xff\xfe\0", 1, -5, 2**63 - 1, 0.0, 1e308, float("nan"), float("inf"), 1j, True),
    *(np.uint64(2**64 - 1), np.uint8(1), np.float16(1), np.longdouble(1), np.datetime64(0, "s")),
    *(np.timedelta64(0, "s"), np.zeros((), [("a", "i4")])[()]),
)
SHAPES = ((), (0,), (1,), (2,), (3,), (0, 3), (2, 3), (3, 3), (2, 2, 2), (0, 0), (4, 4))


def changed(array: np.ndarray, draw: random.Random) -> np.ndarray:
    """An array of another type, shape or content."""
    own = array.shape
    shape = draw.choice([own, own, own[1:], (*own, 1), (1, *own), draw.choice(SHAPES)])
    value = draw.choice(VALUES)
    return np.full(shape, value, dtype=np.asarray(value).dtype)


@pytest.mark.parametrize("name", SOUND)
def test_an_array_that_does_not_fit_is_told(name: str, tmp_path: Path) -> None:
    read, arrays = SOUND[name]
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    read(path)
    draw = random.Random(name)
    told = []
    for _ in range(6):
        for key, array in arrays.items():
            np.savez(path, **{**arrays, key: changed(array, draw)})
            for reader in (read, guess):
                try:
                    reader(path)
                except DataError as error:
                    told.append(str(error))
    assert told
    assert all((str(path) in line or "scenes: " in line) and "\n" not in line for line in told)


@pytest.mark.parametrize(
    ("name", "key", "value", "message"),
    [
        ("edge_index", "num_nodes", np.array([3, 3]), "'num_nodes' has shape (2,), expected one"),
        ("edge_index", "num_nodes", np.array(2.5), "'num_nodes' is 2.5, not a number of things"),
        ("edge_index", "num_nodes", np.array(5), "different numbers of nodes (3 and 5)"),
        ("edges", "num_features", np.array("five"), "'num_features' is <U4, expected numbers"),
        ("edges", "x_packed", np.zeros((3, 1)), "'x_packed' is float64 (3, 1), not bytes (n, b)"),
        ("edges", "times", np.zeros(3, bool), "'times' is bool, expected numbers or dates"),
        ("focal lengths", "f", np.ones(3), "f has shape (3,) for 2 images"),
        ("scenes", "K", np.ones((3, 4)), "K must be (3, 3) or four numbers"),
        ("scenes", "depth_scale", np.array("mm"), "'depth_scale' is <U2, expected numbers"),
        ("scenes", "seg", np.full((2, 8, 8), 256), "'seg' must hold whole numbers up to 255"),
        ("scenes", "pose", EYES, "poses of objects are (n, m, 4, 4)"),
        ("scenes", "obj", np.full((2, 3), 2), "an object's model has no name"),
        ("scenes", "names", np.array("a"), "names has shape (), not (m,)"),
    ],
)
def test_what_is_told(name: str, key: str, value: np.ndarray, message: str, tmp_path: Path) -> None:
    read, arrays = SOUND[name]
    np.savez(tmp_path / "a.npz", **{**arrays, key: value})
    with pytest.raises(DataError) as told:
        read(tmp_path / "a.npz")
    assert message in str(told.value)


def test_nodes_are_not_announced_by_a_number_alone(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", edge_index=EDGES, num_nodes=2**62)
    with pytest.raises(DataError, match="most of them without any"):
        read_graph(tmp_path / "a.npz")


def test_labels_beyond_int64_are_texts(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones((2, 3)), y=np.array([2**64 - 1, 1], np.uint64))
    assert read_items(tmp_path / "a.npz").label_names == ("1", str(2**64 - 1))


def test_numbers_wider_than_eight_bytes_are_a_column(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones((9, 2), np.longdouble), y=np.arange(9))
    assert len(read_table(tmp_path / "a.npz").columns) == 3


def test_an_archive_of_single_numbers_is_not_recognised(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.float32(0))
    assert guess(tmp_path / "a.npz") is None
