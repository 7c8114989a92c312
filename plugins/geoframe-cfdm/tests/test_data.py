"""Readers of users' files, good and bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image
from safetensors.numpy import save_file

import geoframe
from geoframe.errors import DataError
from geoframe_cfdm.config import ItemsConfig
from geoframe_cfdm.data import load_items, new_items
from geoframe_cfdm.datasets.builtin import Checkerboard, Digits
from geoframe_cfdm.writing import write_samples
from geoframe_data import Items


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
        np.testing.assert_array_equal(items.data, x)
        assert items.labels is not None
        assert items.labels.tolist() == y.tolist()
    np.testing.assert_array_equal(load(tmp_path / "a.npy", limit=3).data, x[:3])


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
    (tmp_path / "u.csv").write_text("a[mm],b\n1,2\n3,4\n")
    assert load(tmp_path / "u.csv", columns=("a[mm]",)).columns == ("a[mm]",)


def test_a_table_with_semicolons(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a;b\n1;2.5\n3;4.5\n")
    assert load(tmp_path / "t.csv").data.tolist() == [[1, 2.5], [3, 4.5]]


def test_samples_are_written_as_the_data_came(tmp_path: Path) -> None:
    pytest.importorskip("trimesh")
    drawn = torch.tensor([[0.5, 1.5, 2.5], [3.0, 4.0, 5.0]])
    cases = {
        "samples.csv": Items(
            data=drawn.numpy(), kind="table", columns=("a", "b", "c"), origin="t.csv"
        ),
        "samples.ply": Items(data=drawn.numpy(), kind="points", origin="p.ply"),
    }
    for name, like in cases.items():
        path = write_samples([drawn], like, tmp_path)
        assert path == tmp_path / name
        np.testing.assert_allclose(load(path).data, drawn)
    assert load(tmp_path / "samples.csv").columns == ("a", "b", "c")
    assert write_samples([drawn], Items(data=drawn.numpy(), origin="x.npy"), tmp_path) is None


def test_text_columns_are_left_out_and_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,a,b\nx,1,p\ny,2,q\n")
    items = load(tmp_path / "t.csv")
    assert items.columns == ("a",)
    assert items.notes == ("columns left out, since they hold no numbers: name, b",)


def test_new_items_are_read_by_the_types_of_the_training(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(",a,b,kind\n0,0.5,1,u\n1,1.5,2,v\n2,2.5,3,u\n")
    items = load(path, labels="kind")
    assert (items.columns, items.names) == (("a", "b"), ("0", "1", "2"))
    config = ItemsConfig(path=path, dataset=None, labels="kind")  # type: ignore[arg-type]
    path.write_text("B,more,a\n7,x,8\n")
    assert new_items(path, config, items).data.tolist() == [[8, 7]]
    for content, message in (
        ("a,c\n1,2\n", "column 'b' of the training data is missing"),
        ("a,b\n1,2\n3,x\n", r"t.csv:3: column 'b' should hold numbers.*'x'"),
    ):
        path.write_text(content)
        with pytest.raises(DataError, match=message):
            new_items(path, config, items)


def test_samples_of_a_table_are_as_precise_as_its_columns_spread(tmp_path: Path) -> None:
    times = torch.tensor([[1.7e9, 0.1], [1.7e9 + 40.25, -1e-9]], dtype=torch.float64)
    like = Items(data=times.numpy(), kind="table", columns=("time", "x"), origin="t.csv")
    path = write_samples([times], like, tmp_path)
    assert path is not None
    assert path.read_text() == "time,x\n1700000000.0,0.1\n1700000040.25,0.0\n"


def test_a_mesh(tmp_path: Path) -> None:
    pytest.importorskip("trimesh")
    (tmp_path / "m.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    assert load(tmp_path / "m.obj").data.shape == (3, 3)
    points = torch.from_numpy(load(tmp_path / "m.obj", surface_points=200).data)
    assert points.shape == (200, 3)
    assert (points[:, :2].sum(1) <= 1 + 1e-6).all()
    assert points[:, 2].abs().max() == 0
    # An stl file names each corner once for each of its triangles.
    import trimesh

    trimesh.creation.box().export(tmp_path / "box.stl")
    assert load(tmp_path / "box.stl").data.shape == (8, 3)


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("missing.npz", None, {}, "no such file"),
        ("a.xyz", b"1 2 3", {}, "tells the format"),
        ("a.npz", b"junk", {}, "no npz or npy file"),
        ("a.npy", b"junk", {}, "cannot be read"),
        ("a.safetensors", b"junk", {}, "no safetensors file"),
        ("a.csv", b"a,k\n1,u\n2,\n", {"labels": "k"}, "a.csv:3: has no label 'k'"),
        ("a.npz", b"", {}, "the file is empty"),
        ("a.npz", b"PK\x03\x04 cut", {}, "damaged zip archive"),
        ("a.npy", b"", {}, "cannot be read as npy"),
        ("a.csv", b"a,b\nx,y\nz,w\n", {"header": True}, "no numeric column"),
        ("a.csv", b"a,b\n1,2\n3,\n", {}, "a.csv:3: column 'b' is empty"),
        ("a.csv", b"a,b\n1,2\n3,4\n", {"labels": "aa"}, "no column 'aa'; did you mean 'a'"),
        ("a.csv", b"a,b\n1,2\n", {}, "at least 2 items"),
        ("a.ply", b"ply\nnope", {}, "no point cloud or mesh"),
        ("a.ply.bz2", b"BZh9", {"format": "mesh"}, "is packed; unpack it"),
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
    with pytest.raises(DataError, match="cannot be read as npy"):
        load(tmp_path / "o.npy")
    for shape in ((), (5,)):
        np.save(tmp_path / "x.npy", np.zeros(shape))
        with pytest.raises(DataError, match=r"items are rows, of shape \(n, ...\)"):
            load(tmp_path / "x.npy")
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)), who=np.array([{}] * 3, dtype=object))
    assert load(tmp_path / "a.npz").data.shape == (3, 2)  # the objects are not asked for
    with pytest.raises(DataError, match="holds pickled Python objects"):
        load(tmp_path / "a.npz", labels="who")
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[80] ^= 255
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match="is damaged"):
        load(tmp_path / "a.npz")


@pytest.mark.parametrize("kind", [">f4", ">i2", np.longdouble, np.uint16, np.float16, np.int8])
def test_arrays_of_any_type_of_number(tmp_path: Path, kind: Any) -> None:
    np.savez(tmp_path / "a.npz", x=np.arange(6).reshape(3, 2).astype(kind))
    assert load(tmp_path / "a.npz").data.astype(float).tolist() == [[0, 1], [2, 3], [4, 5]]


def test_tensors_of_bf16(tmp_path: Path) -> None:
    safetensors.torch.save_file({"x": torch.ones(3, 2).bfloat16()}, tmp_path / "a.safetensors")
    assert load(tmp_path / "a.safetensors").data.tolist() == [[1, 1]] * 3


@pytest.mark.parametrize(
    ("labels", "numbers", "names"),
    [
        (np.array(["dog", "cat", "dog"]), [1, 0, 1], ("cat", "dog")),
        (np.array(["7", "12", "7"]), [7, 12, 7], ()),
        (np.array([[4], [5], [4]], np.uint8), [4, 5, 4], ()),
        (np.array([1.0, 2.0, 1.0]), [1, 2, 1], ()),
        (np.array([True, False, True]), [1, 0, 1], ("False", "True")),
    ],
)
def test_labels(tmp_path: Path, labels: Any, numbers: list[int], names: tuple[str, ...]) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)), y=labels)
    items = load(tmp_path / "a.npz", labels="y")
    assert items.labels is not None
    assert items.labels.tolist() == numbers
    assert items.label_names == names


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.eye(3), "take the argmax"),
        (np.array([0.5, 1, 2]), "that of item 0 is 0.5"),
        (np.array([1, np.nan, 2]), "that of item 1 is nan"),
        (np.array([1, 2]), "2 labels for 3 items"),
        (np.array([1j, 2, 3]), "whole numbers or names"),
        (np.array([1e300, 2, 3]), "number classes below"),
    ],
)
def test_bad_labels(tmp_path: Path, labels: Any, message: str) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)), y=labels)
    with pytest.raises(DataError, match=message):
        load(tmp_path / "a.npz", array="x", labels="y")


def test_a_folder_names_its_classes_alone(images: Path) -> None:
    with pytest.raises(DataError, match="images have no labels 'kind'"):
        load(images / "cat", labels="kind")


def test_items_beyond_int64_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.full((3, 2), 2**63 + 1, np.uint64))
    with pytest.raises(DataError, match=r"holds 9223372036854775809, more than 2\^63"):
        load(tmp_path / "a.npz")


def test_built_in_data() -> None:
    assert Digits(label=4).load().data.shape[1:] == (8, 8)
    board = torch.from_numpy(Checkerboard(points=300).load().data)
    dark = (board.floor().sum(1) % 2) == 0
    assert dark.all()
    assert board.abs().max() <= 2


def test_transparent_images_come_out_transparent(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(30):
        pixels = generator.integers(0, 255, (9, 8, 4), np.uint8)
        pixels[:3, :, 3] = 0
        pixels[3:, :, 3] = 255
        Image.fromarray(pixels).save(folder / f"{k}.png")
    for sampler, mode in (("neighbor-mosaic", "RGBA"), ("closed-form", "RGB")):
        config = {
            "data": {"path": str(folder)},
            "sampler": {"name": sampler},
            "cfdm": {"samples": 4},
        }
        run = geoframe.run_method("cfdm", config, path=tmp_path / sampler)
        with Image.open(run.path / "samples" / "0000.png") as drawn:
            assert drawn.mode == mode
            opaque = np.asarray(drawn)[..., 3:]
        if mode == "RGBA":
            assert np.unique(opaque[:3]).tolist() == [0]
            assert np.unique(opaque[3:]).tolist() == [255]
