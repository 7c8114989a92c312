"""Readers of users' files, good and bad."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
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
    (tmp_path / "u.csv").write_text("a[mm],b\n1,2\n3,4\n")
    assert load(tmp_path / "u.csv", columns=("a[mm]",)).columns == ("a[mm]",)


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
        assert torch.equal(load(path).data.float(), drawn)
    assert load(tmp_path / "samples.csv").columns == ("a", "b", "c")
    assert write_samples(drawn, Items(data=drawn, origin="x.npy"), tmp_path) is None


def test_text_columns_are_left_out_and_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,a,b\nx,1,?\ny,2,3\n")
    items = load(tmp_path / "t.csv")
    assert items.columns == ("a",)
    assert items.left_out == ("name", "b")


def test_a_compressed_table(tmp_path: Path) -> None:
    (tmp_path / "t.tsv.gz").write_bytes(gzip.compress(b"a\tb\n1\t2\n3\t4\n"))
    assert load(tmp_path / "t.tsv.gz").data.tolist() == [[1, 2], [3, 4]]


def test_samples_of_a_table_are_as_precise_as_its_columns_spread(tmp_path: Path) -> None:
    times = torch.tensor([[1.7e9, 0.1], [1.7e9 + 40.25, -1e-9]], dtype=torch.float64)
    like = Items(data=times, kind="table", columns=("time", "x"), origin="t.csv")
    path = write_samples(times, like, tmp_path)
    assert path is not None
    assert path.read_text() == "time,x\n1700000000.0,0.1\n1700000040.25,0.0\n"


def test_a_mesh(tmp_path: Path) -> None:
    pytest.importorskip("trimesh")
    (tmp_path / "m.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    assert load(tmp_path / "m.obj").data.shape == (3, 3)
    points = load(tmp_path / "m.obj", surface_points=200).data
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
        ("a.xyz", b"1 2 3", {}, "says nothing about the format"),
        ("a.npz", b"junk", {}, "cannot be read"),
        ("a.npy", b"junk", {}, "cannot be read"),
        ("a.safetensors", b"junk", {}, "no safetensors file"),
        ("a.csv", b"", {}, "the file is empty"),
        ("a.csv", b"a,b\n", {}, "no rows below"),
        ("a.csv", b"a,b\n1,2,3\n4,5\n", {}, "cannot be read as a table"),
        ("a.csv", b"1.5,2\n3,4\n5,6\n", {}, "the first row holds numbers"),
        ("a.csv", "gr\u00f6\u00dfe,b\n1,2\n".encode("latin-1"), {}, "not UTF-8"),
        ("a.csv", b"a,k\n1,u\n2,\n", {"labels": "k"}, "row 3 has no label 'k'"),
        ("a.csv.gz", b"junk", {}, "cannot be decompressed"),
        ("a.npz", b"", {}, "cannot be read as npz"),
        ("a.npz", b"PK\x03\x04 cut", {}, "cannot be read as npz"),
        ("a.npy", b"", {}, "cannot be read as npy"),
        ("a.csv", b"a,b\nx,y\nz,w\n", {}, "no numeric column"),
        ("a.csv", b"a,b\n1,2\n3,\n", {}, "row 3, column 'b' is empty"),
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
    for shape in ((), (5,)):
        np.save(tmp_path / "x.npy", np.zeros(shape))
        with pytest.raises(DataError, match=r"items are rows, of shape \(n, ...\)"):
            load(tmp_path / "x.npy")
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)), who=np.array([{}] * 3, dtype=object))
    assert load(tmp_path / "a.npz").data.shape == (3, 2)  # the objects are not asked for
    with pytest.raises(DataError, match="'who' holds pickled Python objects"):
        load(tmp_path / "a.npz", labels="who")
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[80] ^= 255
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as npz"):
        load(tmp_path / "a.npz")


@pytest.mark.parametrize("kind", [">f4", ">i2", np.longdouble, np.uint16, np.float16, np.int8])
def test_arrays_of_any_type_of_number(tmp_path: Path, kind: Any) -> None:
    np.savez(tmp_path / "a.npz", x=np.arange(6).reshape(3, 2).astype(kind))
    assert load(tmp_path / "a.npz").data.double().tolist() == [[0, 1], [2, 3], [4, 5]]


def test_tensors_of_bf16(tmp_path: Path) -> None:
    safetensors.torch.save_file({"x": torch.ones(3, 2).bfloat16()}, tmp_path / "a.safetensors")
    assert torch.equal(load(tmp_path / "a.safetensors").data, torch.ones(3, 2))


@pytest.mark.parametrize(
    ("labels", "numbers", "names"),
    [
        (np.array(["dog", "cat", "dog"]), [1, 0, 1], ("cat", "dog")),
        (np.array(["7", "12", "7"]), [1, 0, 1], ("12", "7")),
        (np.array([[4], [5], [4]], np.uint8), [4, 5, 4], ()),
        (np.array([1.0, 2.0, 1.0]), [1, 2, 1], ()),
        (np.array([True, False, True]), [1, 0, 1], ()),
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
    ],
)
def test_bad_labels(tmp_path: Path, labels: Any, message: str) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)), y=labels)
    with pytest.raises(DataError, match=message):
        load(tmp_path / "a.npz", array="x", labels="y")


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
    with pytest.raises(DataError, match="images have no labels 'kind'"):
        load(images / "cat", labels="kind")


def test_a_truncated_image_is_named(images: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (10, 8, 3), np.uint8)).save(
        images / "z.png"
    )
    (images / "z.png").write_bytes((images / "z.png").read_bytes()[:150])
    with pytest.raises(DataError, match=r"z\.png: cannot be read"):
        load(images)


def test_images_of_other_modes(tmp_path: Path) -> None:
    Image.new("RGBA", (2, 2), (255, 0, 0, 0)).save(tmp_path / "a.png")  # nothing to be seen
    Image.fromarray(np.full((2, 2), 65535, np.uint16)).save(tmp_path / "b.png")
    Image.fromarray(np.full((2, 2), 128 * 257, np.uint16)).save(tmp_path / "c.png")
    values = load(tmp_path, grey=True).data[:, 0, 0]
    assert values.tolist() == [255, 255, 128]
    Image.fromarray(np.ones((2, 2), np.float32)).save(tmp_path / "d.tiff")
    with pytest.raises(DataError, match=r"d\.tiff: has pixels of 32 bits"):
        load(tmp_path)


def test_photographs_are_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways
    Image.new("L", (4, 2)).save(tmp_path / "a.jpg", exif=exif)
    Image.new("L", (2, 4)).save(tmp_path / "b.jpg")
    assert load(tmp_path, grey=True).data.shape == (2, 4, 2)


def test_built_in_data() -> None:
    assert Digits(label=4).load().data.shape[1:] == (8, 8)
    board = Checkerboard(points=300).load().data
    dark = (board.floor().sum(1) % 2) == 0
    assert dark.all()
    assert board.abs().max() <= 2
