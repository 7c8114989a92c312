"""Sampling to disk with a sampler that knows nothing of streams."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import pytest
import torch
from torch import Tensor

from geoframe import RunError, Sampler
from geoframe.run.files import read_tensors
from geoframe.run.streaming import stream_samples


class Noise(Sampler):
    """Uniform numbers; fails after some draws if told so."""

    def __init__(self, draws: int = 1000) -> None:
        super().__init__()
        self.draws = draws

    @property
    def item_shape(self) -> tuple[int, ...]:
        return (3,)

    def fit(self, data: Tensor) -> Self:
        return self

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        self.draws -= 1
        if self.draws < 0:
            raise RuntimeError("killed")
        return torch.rand(n, 3, generator=generator)


def stream(folder: Path, sampler: Sampler | None = None, n: int = 10, **changes: Any) -> list[Path]:
    options = {"seed": 1, "shard_size": 4, "facts": {"run": "a"}, **changes}
    return stream_samples(sampler or Noise(), folder, n, **options)


def items(paths: list[Path]) -> Tensor:
    return torch.cat([read_tensors(path)["items"] for path in paths])


def test_shards_hold_what_was_asked_for(tmp_path: Path) -> None:
    done: list[int] = []
    paths = stream(tmp_path / "s", progress=done.append)
    assert [len(read_tensors(path)["items"]) for path in paths] == [4, 4, 2]
    assert done == [0, 4, 8, 10]
    assert len(items(paths).unique()) == 30  # no shard repeats another


def test_an_interrupted_stream_goes_on(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="killed"):
        stream(tmp_path / "s", Noise(draws=2))
    (tmp_path / "s" / ".tmp-killed").write_text("half a shard")
    counted = Noise(draws=1)  # one shard is left to draw
    assert torch.equal(items(stream(tmp_path / "s", counted)), items(stream(tmp_path / "whole")))
    assert not (tmp_path / "s" / ".tmp-killed").exists()


@pytest.mark.parametrize("n", [11, 12, 13, 20])
def test_a_finished_stream_is_lengthened(tmp_path: Path, n: int) -> None:
    stream(tmp_path / "s")
    with pytest.raises(RuntimeError, match="killed"):
        stream(tmp_path / "s", Noise(draws=0), n=n)
    paths = stream(tmp_path / "s", Noise(draws=-(-n // 4) - 2), n=n)  # two shards were whole
    whole = stream(tmp_path / "whole", n=n)
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in whole]
    with pytest.raises(RunError, match=f"another 'n' \\({n}, not 10\\)"):
        stream(tmp_path / "s")


@pytest.mark.parametrize("change", [{"seed": 2}, {"shard_size": 5}, {"facts": {"run": "b"}}])
def test_another_stream_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    stream(tmp_path / "s")
    with pytest.raises(RunError, match="holds samples with another"):
        stream(tmp_path / "s", **change)


def test_foreign_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(RunError, match=r"holds 'thesis.tex' and no samples"):
        stream(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_the_default_draw_depends_on_seed_and_place() -> None:
    sampler = Noise()
    first = sampler.draw(4, seed=1)["items"]
    assert torch.equal(first, sampler.draw(4, seed=1)["items"])
    assert not torch.equal(first, sampler.draw(4, seed=2)["items"])
    assert not torch.equal(first, sampler.draw(4, seed=1, first=4)["items"])
