from typing import Any

import pandas as pd
import pytest

from geoframe.api import configure
from geoframe_ames import evaluation
from geoframe_lgi.data import load_rows


def test_the_answer_and_the_ablation_value_s_stand_beside_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index = pd.Index(["sphere", "euclidean"], name="geometry")
    ranking = pd.DataFrame({"misfit": [0.1, 0.2], "chosen": [True, False]}, index=index)
    asked: list[Any] = []

    def rank(task: Any, spaces: Any, seeds: Any) -> pd.DataFrame:
        asked.extend(seeds)
        return ranking

    monkeypatch.setattr(evaluation, "rank_by_stress", rank)
    data = {"dataset": {"name": "known-geometry", "shape": "sphere"}}
    config = configure("ames", {"data": data, "seed": 3, "evaluation": {"geometry_fits": 2}})
    branches = [{"branch": "euclidean", "ablation": 0.1}, {"branch": "sphere", "ablation": 0.0}]
    tables: dict[str, Any] = {"branches": branches}
    found = evaluation.geometry_answer(config, load_rows(config.data, 3), tables)
    assert asked == [3, 4]
    assert found["geometry"] == "sphere"
    assert (found["chosen_sphere"], found["chosen_euclidean"]) == (1.0, 0.0)
    assert (found["ablation_sphere"], found["ablation_euclidean"]) == (0.0, 1.0)
    assert [row["geometry"] for row in tables["geometry"]] == ["sphere", "euclidean"]
