from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest

from geoframe_data import as_table
from geoframe_pathways.categories import fit_statistics
from geoframe_pathways.encoder import Encoder, fit_encoder
from geoframe_registry import runs


@pytest.fixture
def frame() -> pd.DataFrame:
    """Return rows of a hundred places, of which each has a level of its own."""
    random = np.random.default_rng(0)
    place = random.integers(0, 100, 1000)
    level = random.normal(0, 3, 100)
    return pd.DataFrame(
        {
            "place": [f"place {k}" for k in place],
            "ticket": [f"ticket {k}" for k in range(1000)],
            "size": random.normal(size=1000),
            "price": level[place] + random.normal(0, 0.1, 1000),
        }
    )


def test_a_column_of_many_texts_is_told_by_the_target(frame: pd.DataFrame) -> None:
    table = as_table(frame[["place", "ticket", "size"]])
    price = frame["price"].to_numpy()
    statistics, out_of_fold = fit_statistics(table, price, "regression", seed=0)
    assert [each.name for each in statistics] == ["place"]
    assert np.corrcoef(out_of_fold[:, 0], price)[0, 1] > 0.99
    encoder, notes = fit_encoder(table, "column", statistics)
    assert encoder.names[-1] == "place target"
    assert encoder.names[1] == "place=place 0"  # 64 of a hundred cover more than half of the rows
    assert "out of fold; the 64 most frequent also count by themselves" in notes[0]
    assert notes[1] == "column 'ticket' has 1000 different texts and was left out"
    again = Encoder.from_plain(attrs.asdict(encoder))
    assert again == encoder
    np.testing.assert_allclose(encoder.encode(table)[:, -1], out_of_fold[:, 0], atol=0.3)
    new = frame.assign(place="nowhere")
    np.testing.assert_allclose(encoder.encode(new)[:, -1], -statistics[0].mean[0], atol=0.2)


def test_a_run_takes_many_texts(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "rows.csv", index=False)
    options = {
        "data": {"path": str(tmp_path / "rows.csv"), "target": "price"},
        "pathways": {"experts": [1], "width": 8, "networks": 1, "weight_decays": [0.0]},
        "trainer": {"steps": 200, "batch_size": 128},
        "evaluation": {"baselines": []},
    }
    run = runs.finish(runs.prepare("pathways", options, tmp_path / "run"))
    assert run.results["metrics"]["rmse_relative"] < 0.3
    found = run.method.load(run).apply(tmp_path / "rows.csv")
    assert np.corrcoef(found["prediction"], frame["price"])[0, 1] > 0.95
