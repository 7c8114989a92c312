"""Conditions as a config gives them: labels by name, and items of which a part is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from geoframe import ConfigError, DataError, RunError
from geoframe.api import run_method
from geoframe_cfdm.config import ItemsConfig
from geoframe_cfdm.data import load_items
from geoframe_cfdm.partial import read_partial

QUICK = {"sampler": {"steps": 8}, "evaluation": {"shown": 4}}


def partial(path: Path, known: Path, mask: Path | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    config = ItemsConfig(path=path, dataset=None)  # type: ignore[arg-type]
    return read_partial(known, mask, config, load_items(config))


def table(folder: Path) -> Path:
    rows = [f"{a},{a + b / 10},{'u' if b % 2 else 'v'}" for a in range(6) for b in range(4)]
    (folder / "t.csv").write_text("a,b,kind\n" + "\n".join(rows) + "\n")
    return folder / "t.csv"


def test_transparent_parts_of_an_image_are_unknown(images: Path, tmp_path: Path) -> None:
    picture = Image.new("RGBA", (8, 10), (10, 20, 30, 255))
    picture.paste((0, 0, 0, 0), (0, 0, 3, 10))
    picture.save(tmp_path / "known.png")
    item, known = partial(images, tmp_path / "known.png")
    assert not known[:, :3].any()
    assert known[:, 3:].all()
    assert item[0, 5].tolist() == [10, 20, 30]


def test_a_mask_says_what_is_known(images: Path, tmp_path: Path) -> None:
    Image.new("RGB", (8, 10), (9, 9, 9)).save(tmp_path / "known.png")
    mask = Image.new("L", (8, 10), 0)
    mask.paste(255, (0, 0, 8, 4))
    mask.save(tmp_path / "mask.png")
    _, known = partial(images, tmp_path / "known.png", tmp_path / "mask.png")
    assert known[:4].all()
    assert not known[4:].any()


def test_missing_columns_of_a_row_are_unknown(tmp_path: Path) -> None:
    (tmp_path / "row.csv").write_text("b,kind\n3.5,u\n")
    item, known = partial(table(tmp_path), tmp_path / "row.csv")
    assert known.tolist() == [False, True]
    assert item.tolist() == [0, 3.5]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("r.csv", "a,b\n1,\n2,\n", "has 2 rows"),
        ("r.csv", "x,y\n1,2\n", "none of the columns a, b"),
        ("r.csv", "a,b\nx,\n", "column 'a' should hold numbers"),
        ("r.csv", "a,b\n1,2\n", "all of the item is known"),
        ("r.csv", "a,b\n,nan\n", "nothing of the item is known"),
        ("r.xyz", "1", "is an image, an npy file or a table"),
        ("gone.npy", None, "no such file"),
    ],
)
def test_partial_items_that_cannot_be(
    tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    data = table(tmp_path)
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        partial(data, tmp_path / name)
    assert "\n" not in str(caught.value)


def test_masks_that_cannot_be(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.random.default_rng(0).standard_normal((9, 4)))
    np.save(tmp_path / "known.npy", np.array([1.0, np.nan, 2.0, 3.0]))
    for values, message in (
        (np.ones(3), "has shape"),
        (np.array([0, 1, 0, 0]), "marks 1 values as known that"),
    ):
        np.save(tmp_path / "mask.npy", values)
        with pytest.raises(DataError, match=message):
            partial(tmp_path / "x.npy", tmp_path / "known.npy", tmp_path / "mask.npy")
    np.save(tmp_path / "known.npy", np.array([1.0, np.nan]))
    with pytest.raises(DataError, match="has shape"):
        partial(tmp_path / "x.npy", tmp_path / "known.npy")


def test_a_run_completes_a_row_and_samples_on(tmp_path: Path) -> None:
    (tmp_path / "row.csv").write_text("a,b\n3,\n")
    asked: dict[str, Any] = {
        **QUICK,
        "data": {"path": str(table(tmp_path)), "labels": "kind"},
        "cfdm": {"samples": 12, "label": "u", "inpaint": {"known": str(tmp_path / "row.csv")}},
        "evaluation": {"holdout": 0.0},
    }
    run = run_method("cfdm", asked, path=tmp_path / "run")
    samples = run.read_tensors("samples")
    assert (samples["items"][:, 0] == 3).all()
    assert samples["items"][:, 1].sub(3).abs().max() <= 0.4
    assert set(samples["tuple_index"].flatten().tolist()) <= {13, 15}  # a = 3 of kind u
    sampler = run.method.sampler(run)
    assert len(sampler.standardizer.scale.unique()) == 2  # the columns of a table have their own
    again = sampler.draw(12, seed=0)
    assert torch.equal(again["items"], samples["items"])
    (tmp_path / "row.csv").write_text("a,b\n2,\n")
    with pytest.raises(RunError, match="the known item or its mask has changed"):
        run.load()


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"cfdm": {"label": "cats"}}, DataError, "no label 'cats'"),
        ({"cfdm": {"label": 3}, "sampler": {"name": "wiener"}}, ConfigError, "without conditions"),
        ({"cfdm": {"inpaint": {"mask": "m.png"}}}, ConfigError, "needs the item itself"),
        (
            {"cfdm": {"latent_dim": 4, "inpaint": {"known": "m.npy"}}},
            ConfigError,
            "set cfdm.latent_dim = 0",
        ),
    ],
)
def test_conditions_that_cannot_be_asked_for(
    tmp_path: Path, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run_method("cfdm", changes, path=tmp_path / "run")
