"""What the tests share: the helpers of ``cgenn_cases`` and a small table of particles."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geoframe.run.directory import Run

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module")
def without_pictures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "write_figure", lambda *_: None)
        yield


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve systems of two to four particles, and what is asked of them."""
    folder = tmp_path_factory.mktemp("particles")
    rng = np.random.default_rng(0)
    sizes = np.tile([2, 3, 4], 4)
    rows = int(sizes.sum())
    x, v = rng.standard_normal((2, rows, 3))
    system = np.repeat([f"s{at}" for at in range(12)], sizes)
    energy = pd.Series((v**2).sum(axis=1)).groupby(system).transform("sum").to_numpy()
    frame = pd.DataFrame(
        {
            "system": system,
            **dict(zip("xyz", x.T, strict=True)),
            **{f"v{name}": column for name, column in zip("xyz", v.T, strict=True)},
            "charge": rng.choice([-1.0, 1.0], rows),
            "energy": energy,
            "kind": np.where(energy > np.median(energy), "hot", "cold"),
            **{f"to_{name}": column for name, column in zip("xyz", (x + v).T, strict=True)},
            "part": np.repeat(["train"] * 8 + ["validation", "validation", "test", "test"], sizes),
        }
    )
    frame.to_csv(folder / "particles.csv", index=False)
    frame.to_parquet(folder / "particles.parquet", index=False)
    frame.drop(columns=["energy", "kind", "to_x", "to_y", "to_z", "part"]).to_csv(
        folder / "new.csv", index=False
    )
    padded = np.full((12, 4, 3), np.nan)
    for at, count in enumerate(sizes):
        padded[at, :count] = v[system == f"s{at}"]
    np.savez(folder / "padded.npz", v=padded, energy=energy[np.cumsum(sizes) - 1])
    return folder
