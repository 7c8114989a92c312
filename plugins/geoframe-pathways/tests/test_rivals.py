from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from geoframe_data import as_table
from geoframe_pathways.baselines import is_there
from geoframe_pathways.config import Rival
from geoframe_pathways.encoder import fit_encoder
from geoframe_pathways.experts.fitting import Rows
from geoframe_pathways.rivals import is_installed, measure_rival


@pytest.mark.parametrize("task", ["regression", "classification"])
@pytest.mark.parametrize("name", ["mlp", "svm", "lightgbm"])
def test_rivals_learn(name: Rival, task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not is_installed(name):  # what is called is what such a library offers
        from sklearn import ensemble

        library = ModuleType(name)
        for kind in ("Regressor", "Classifier"):
            trees = getattr(ensemble, f"GradientBoosting{kind}")

            def made(trees: Any = trees, **options: Any) -> Any:
                return trees(random_state=options["random_state"], n_estimators=20)

            setattr(library, f"LGBM{kind}", made)
        monkeypatch.setitem(sys.modules, name, library)
    monkeypatch.setattr("geoframe_pathways.rivals.MACHINE_ROWS", 100)
    x = np.random.default_rng(0).uniform(-1, 1, size=(300, 2))
    numbers = 50.0 + 10.0 * np.sin(3 * x[:, 0])
    encoder, _ = fit_encoder(as_table(x), "column")
    rows = Rows(
        x=encoder.encode(x),
        y=np.where(x[:, 0] < 0, "left", "right") if task == "classification" else numbers,
        task=task,  # type: ignore[arg-type]
        target="y",
        encoder=encoder,
    )
    measures = measure_rival(name, rows, rows, seed=0)
    if task == "regression":
        assert measures["rmse_relative"] < 0.5
    else:
        assert measures["accuracy"] > 0.9
        assert ("log_loss" in measures) == (name != "svm")


def test_rivals_that_are_not_installed_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoframe_pathways.rivals.find_spec", lambda name: None)
    assert not is_there("catboost")
    assert is_there("dense-equal-total")
