"""Images of folders and archives, as people have them."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoframe.errors import DataError
from geoframe_data import Items, read_images
from geoframe_data.testing.files import SuiteFile, check_refused, named
from geoframe_data.testing.images import bad_images, check_all_images, check_images, good_images


def save(path: Path, mode: str = "RGB", value: object = (255, 0, 0), **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (3, 2), value).save(path, **options)  # type: ignore[arg-type]
    return path


def load(path: Path) -> Items:
    return read_images(path, folders_as_labels=True)


@pytest.mark.parametrize("file", named(good_images()))
def test_every_folder_holds_the_same_images(tmp_path: Path, file: SuiteFile) -> None:
    items = load(file.write(tmp_path))
    check_images(items)
    assert "hidden images (names that begin with a dot) were left out" in items.notes[-1]


@pytest.mark.parametrize("file", named(bad_images()))
def test_bad_images_get_one_line(tmp_path: Path, file: SuiteFile) -> None:
    check_refused(file, tmp_path, load)


def test_a_suite_for_readers_of_others(tmp_path: Path) -> None:
    check_all_images(load, tmp_path)
    with pytest.raises(AssertionError):
        check_all_images(read_images, tmp_path / "unlabelled")


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


def test_folders_of_parts_are_no_classes(tmp_path: Path) -> None:
    for name in ("Train/cat/0.png", "Train/dog/0.png", "test/cat/1.png"):
        save(tmp_path / name)
    items = load(tmp_path)
    assert items.label_names == ("cat", "dog")
    assert items.labels is not None
    assert items.labels.tolist() == [0, 1, 0]
    assert "Train, test are parts of the data" in items.notes[0]
    save(tmp_path / "other" / "cat" / "2.png")
    assert load(tmp_path).label_names == ("Train/cat", "Train/dog", "other/cat", "test/cat")


def test_images_that_are_not_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.HEIC").write_bytes(b"ftypheic")
    with pytest.raises(DataError, match=r"1 images of formats that are not read \(.heic\)"):
        read_images(tmp_path)
    save(tmp_path / "b.jfif", format="JPEG")
    items = read_images(tmp_path)
    assert (items.names, len(items.notes)) == (("b.jfif",), 1)


@pytest.mark.parametrize("special", ["pipe", "/dev/zero"])
def test_what_never_ends_is_no_archive_of_images(special: str, tmp_path: Path) -> None:
    path = tmp_path / "given"
    if special == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(special)
    with pytest.raises(DataError, match="given"):
        read_images(path)
