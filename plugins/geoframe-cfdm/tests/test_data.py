"""Readers of users' files, good and bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file

from geoframe.errors import DataError
from geoframe_cfdm.data.builtin import Checkerboard, Digits
from geoframe_cfdm.data.config import ItemsConfig
from geoframe_cfdm.data.items import Items
from geoframe_cfdm.data.readers import load_items
from geoframe_cfdm.data.writers import write_samples


def load(path: Path, **options: Any) -> Items:
    return load_items(ItemsConfig(path=path, dataset=None, **options))  # type: ignore[arg-type]


def test_arrays(tmp_path: Path) -> None:
    x = np.arange(24, dtype=np.float32).reshape(6, 4)
    y = np.array([0, 1, 0, 1, 2, 2])
    np.savez(tmp_path / "a.npz", x=x, y=y)
    np.save(tmp_path / "a.npy", x)
    save_file({"x": x, "y": y}, tmp_path / "a.safetensors")
    for name in ("a.npz", "a.safetensors"):
        items = load(tmp_path / name, labels="y")
        assert torch.equal(items.data, torch.from_numpy(x))
        assert items.labels is not None
        assert items.labels.tolist() == y.tolist()
    assert torch.equal(load(tmp_path / "a.npy", limit=3).data, torch.from_numpy(x)[:3])


def test_a_folder_of_images(images: Path) -> None:
    items = load(images, labels="folder", size=5)
    assert items.data.shape == (6, 5, 5, 3)
    assert items.label_names == ("cat", "dog")
    assert load(images, grey=True).data.shape == (6, 10, 8)


def test_a_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,kind\n1,2,u\n3,4,v\n5,6,u\n")
    items = load(tmp_path / "t.csv", labels="kind")
    assert items.data.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert items.label_names == ("u", "v")
    assert load(tmp_path / "t.csv", columns=("b",)).data.shape == (3, 1)


def test_a_table_with_semicolons(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a;b\n1;2.5\n3;4.5\n")
    assert load(tmp_path / "t.csv").data.tolist() == [[1, 2.5], [3, 4.5]]


def test_samples_are_written_as_the_data_came(tmp_path: Path) -> None:
    pytest.importorskip("trimesh")
    drawn = torch.tensor([[0.5, 1.5, 2.5], [3.0, 4.0, 5.0]])
    cases = {
        "samples.csv": Items(data=drawn, kind="table", columns=("a", "b", "c"), origin="t.csv"),
        "samples.ply": Items(data=drawn, kind="points", origin="p.ply"),
    }
    for name, like in cases.items():
        path = write_samples(drawn, like, tmp_path)
        assert path == tmp_path / name
        assert torch.equal(load(path).data, drawn)
    assert load(tmp_path / "samples.csv").columns == ("a", "b", "c")
    assert write_samples(drawn, Items(data=drawn, origin="x.npy"), tmp_path) is None


def test_a_mesh(tmp_path: Path) -> None:
    pytest.importorskip("trimesh")
    (tmp_path / "m.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    assert load(tmp_path / "m.obj").data.shape == (3, 3)
    points = load(tmp_path / "m.obj", surface_points=200).data
    assert points.shape == (200, 3)
    assert (points[:, :2].sum(1) <= 1 + 1e-6).all()
    assert points[:, 2].abs().max() == 0


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("missing.npz", None, {}, "no such file"),
        ("a.xyz", b"1 2 3", {}, "says nothing about the format"),
        ("a.npz", b"junk", {}, "cannot be read"),
        ("a.npy", b"junk", {}, "cannot be read"),
        ("a.safetensors", b"junk", {}, "no safetensors file"),
        ("a.csv", b"", {}, "cannot be read"),
        ("a.csv", b"a,b\nx,y\nz,w\n", {}, "no numeric column"),
        ("a.csv", b"a,b\n1,2\n3,\n", {}, "item 1 holds nan"),
        ("a.csv", b"a,b\n1,2\n3,4\n", {"labels": "aa"}, "no column 'aa'; did you mean 'a'"),
        ("a.csv", b"a,b\n1,2\n", {}, "at least 2 items"),
        ("a.ply", b"ply\nnope", {}, "no point cloud or mesh"),
    ],
)
def test_bad_files(
    tmp_path: Path, name: str, content: bytes | None, options: dict[str, Any], message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load(path, **options)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bad_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)), y=np.zeros((3, 2)))
    with pytest.raises(DataError, match=r"2 arrays could be the items; set data\.array"):
        load(tmp_path / "a.npz")
    with pytest.raises(DataError, match="no array 'z'"):
        load(tmp_path / "a.npz", array="z")
    np.save(tmp_path / "x.npy", np.zeros((3, 2)))
    with pytest.raises(DataError, match="holds one array and no labels"):
        load(tmp_path / "x.npy", labels="y")
    np.save(tmp_path / "o.npy", np.array([{}, {}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path / "o.npy")


def test_bad_images(images: Path) -> None:
    Image.new("RGB", (3, 3)).save(images / "z.png")
    with pytest.raises(DataError, match=r"set data\.size"):
        load(images)
    (images / "z.png").write_bytes(b"junk")
    with pytest.raises(DataError, match="is not an image"):
        load(images, size=4)
    (images / "empty").mkdir()
    with pytest.raises(DataError, match="holds no images"):
        load(images / "empty")


def test_built_in_data() -> None:
    assert Digits(label=4).load().data.shape[1:] == (8, 8)
    board = Checkerboard(points=300).load().data
    dark = (board.floor().sum(1) % 2) == 0
    assert dark.all()
    assert board.abs().max() <= 2
