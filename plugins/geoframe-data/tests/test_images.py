"""Images of folders and archives, as people have them."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoframe.errors import DataError
from geoframe_data import read_images


def save(path: Path, mode: str = "RGB", value: object = (255, 0, 0), **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (3, 2), value).save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_hidden_folders_and_files_are_no_classes(tmp_path: Path, packed: bool) -> None:
    for name in ("cat/0.png", "cat/1.PNG", "dog/0.png"):
        save(tmp_path / "i" / name)
    for name in (".ipynb_checkpoints/0.png", "dog/.ipynb_checkpoints/0.png", "dog/._0.png"):
        save(tmp_path / "i" / name)
    (tmp_path / "i" / "dog" / "notes.txt").write_text("no image")
    path = tmp_path / "i"
    if packed:
        path = tmp_path / "i.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in (tmp_path / "i").rglob("*.*"):
                archive.write(file, file.relative_to(tmp_path / "i"))
    items = read_images(path, folders_as_labels=True)
    assert items.names == ("cat/0.png", "cat/1.PNG", "dog/0.png")
    assert items.label_names == ("cat", "dog")
    assert items.labels is not None
    assert items.labels.tolist() == [0, 0, 1]
    assert items.notes == ("3 hidden images (names that begin with a dot) were left out",)


@pytest.mark.parametrize(
    ("mode", "value", "pixel", "note"),
    [
        ("RGB", (255, 0, 0), [255, 0, 0], None),
        ("RGBA", (0, 0, 0, 0), [255, 255, 255], "transparent"),
        ("RGBA", (9, 8, 7, 255), [9, 8, 7], None),
        ("P", 0, [0, 0, 0], "palette"),
        ("I;16", 65535, [255, 255, 255], "16 bits"),
        ("I;16", 257, [1, 1, 1], "16 bits"),
        ("L", 7, [7, 7, 7], None),
        ("1", 1, [255, 255, 255], None),
    ],
)
def test_modes(
    tmp_path: Path, mode: str, value: object, pixel: list[int], note: str | None
) -> None:
    save(tmp_path / "a.png", mode, value)
    items = read_images(tmp_path)
    assert items.data.shape == (1, 2, 3, 3)
    assert items.data[0, 0, 0].tolist() == pixel
    assert note is None or note in " ".join(items.notes)
    assert items.notes == () or note is not None


def test_inks_and_orientation(tmp_path: Path) -> None:
    save(tmp_path / "a.jpg", "CMYK", (0, 255, 255, 0), quality=100)
    items = read_images(tmp_path)
    assert np.abs(items.data[0, 0, 0].astype(int) - [255, 0, 0]).max() < 12
    assert "CMYK" in items.notes[0]
    image = Image.new("L", (3, 2))
    image.putpixel((0, 0), 255)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.png", exif=exif)
    (tmp_path / "a.jpg").unlink()
    items = read_images(tmp_path, grey=True)
    assert items.data.shape == (1, 3, 2)
    assert items.data[0, 0, 1] == 255
    assert "EXIF" in items.notes[0]


def test_sizes(tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    Image.new("L", (5, 5)).save(tmp_path / "b.png")
    with pytest.raises(DataError, match=r"b.png: has 5x5 pixels, a.png has 3x2; set data.size"):
        read_images(tmp_path)
    assert read_images(tmp_path, size=4).data.shape == (2, 4, 4, 3)
    assert read_images(tmp_path, limit=1).data.shape == (1, 2, 3, 3)
    with pytest.raises(DataError, match="has 3x2 pixels, more than 5"):
        read_images(tmp_path, max_pixels=5)


def test_what_is_no_image_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images"):
        read_images(tmp_path)
    (tmp_path / "a.png").write_bytes(b"text")
    with pytest.raises(DataError, match="is not an image; remove it"):
        read_images(tmp_path)
    save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(content[:45])
    with pytest.raises(DataError, match=r"a.png: (cannot be read|is not an image)"):
        read_images(tmp_path)
    Image.new("F", (2, 2)).save(tmp_path / "a.tif")
    (tmp_path / "a.png").unlink()
    with pytest.raises(DataError, match="32 bits"):
        read_images(tmp_path)
    with pytest.raises(DataError, match="neither a folder nor a zip"):
        read_images(tmp_path / "a.tif")
