"""The same texts and images, however they are kept, are the same to every method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from geoframe_asymlora.config import TextDataConfig
from geoframe_asymlora.data import load_texts
from geoframe_cfdm.config import ItemsConfig
from geoframe_cfdm.data import load_items
from geoframe_data import Items
from geoframe_data.testing.files import SuiteFile, check_refused, named
from geoframe_data.testing.images import bad_images, check_images, good_images
from geoframe_data.testing.texts import TEXTS, bad_texts, check_texts, good_texts
from geoframe_data.texts import Split, Texts
from geoframe_sdi.config import ImagesConfig
from geoframe_sdi.data import Images, load


def as_texts(path: Path) -> Texts:
    return load_texts(TextDataConfig(path=path, dataset=None, holdout=0.3))  # type: ignore[arg-type]


def as_items(path: Path) -> Items:
    return load_items(ItemsConfig(path=path, dataset=None, labels="folder"))  # type: ignore[arg-type]


def as_images(path: Path) -> Images:
    return load(ImagesConfig(path=path, dataset=None, labels=True))  # type: ignore[arg-type]


@pytest.mark.parametrize("file", named(good_texts()))
def test_texts_are_understood(file: SuiteFile, tmp_path: Path) -> None:
    texts = as_texts(file.write(tmp_path))
    parts = [texts.train, texts.validation]
    whole = Split(
        texts=[text for part in parts for text in part.texts],
        targets=[target for part in parts for target in part.targets],
    )
    order = np.argsort([TEXTS.index(text) for text in whole.texts])
    check_texts(whole.take(order.tolist()), texts.classes)


@pytest.mark.parametrize("file", named(bad_texts()))
def test_bad_texts_are_refused(file: SuiteFile, tmp_path: Path) -> None:
    check_refused(file, tmp_path, as_texts)


@pytest.mark.parametrize("file", named(good_images()))
def test_images_are_understood_alike(file: SuiteFile, tmp_path: Path) -> None:
    path = file.write(tmp_path)
    items = as_items(path)
    check_images(items)
    images = as_images(path)
    pixels = ((images.data.permute(0, 2, 3, 1) + 1) * 127.5).round().numpy().astype(np.uint8)
    assert images.labels is not None
    seen: Any = attrs.evolve(items, data=pixels, labels=images.labels.numpy())
    check_images(attrs.evolve(seen, label_names=images.label_names))


METHODS = {"cfdm": as_items, "sdi": as_images}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("file", named(bad_images()))
def test_bad_images_are_refused_alike(file: SuiteFile, method: str, tmp_path: Path) -> None:
    check_refused(file, tmp_path, METHODS[method])
