"""Measures of samples against held-out items, and the table of samplers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import geoframe
from geoframe_cfdm.leaderboard import TRAINING, leaderboard
from geoframe_cfdm.likeness import Likeness
from geoframe_cfdm.metrics import two_sample_auc
from geoframe_cli import main


def normal(n: int, shift: float = 0.0, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return shift + torch.randn(n, 3, generator=generator, dtype=torch.float64)


def test_a_classifier_cannot_tell_alike_and_tells_apart() -> None:
    assert two_sample_auc(normal(300), normal(300, seed=1)) == pytest.approx(0.5, abs=0.08)
    assert two_sample_auc(normal(300), normal(300, 2, seed=1)) > 0.95


def test_copies_are_duplicates_and_other_draws_are_not() -> None:
    judge = Likeness(normal(400), normal(100, seed=1))
    assert judge.measure(normal(400)[:100])["dup_rate"] == 1
    found = judge.measure(normal(100, seed=2))
    assert found["dup_rate"] < 0.06
    assert found["dup_rate_held_out"] < 0.06
    assert found["two_sample_gap"] < 0.15


def test_trees_trained_on_noise_predict_worse() -> None:
    train, held_out, noise = normal(400), normal(100, seed=1), normal(400, seed=2)
    for rows in (train, held_out):
        rows[:, 2] = rows[:, 0] + rows[:, 1]
    judge = Likeness(train, held_out, target=2)
    assert judge.trained_on(train) < 0.5
    assert judge.trained_on(noise) > 1


def test_patches_of_training_images_are_verbatim(digits: Tensor) -> None:
    judge = Likeness(digits[:200], digits[200:260])
    glued = torch.cat([digits[:40, :4], digits[40:80, 4:]], 1)
    found = judge.measure(glued)
    assert found["patches_verbatim"] > 0.9
    assert found["patches_verbatim_held_out"] < 0.5


def test_a_leaderboard_has_real_items_first_and_each_sampler() -> None:
    config = geoframe.configure("cfdm", {"data": {"dataset": {"name": "digits", "label": 3}}})
    found = list(leaderboard(config, ["auto", "smote"], samples=36))
    assert [each.sampler for each in found] == [TRAINING, "auto", "smote"]
    assert found[0].measures["dup_rate"] == 1
    assert found[1].measures["redrawn"] < 0.2


def test_the_verb_prints_all_rivals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 2))
    lines = [f"{a:.4f},{b:.4f},{'p' if a > 0 else 'q'}" for a, b in x]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,kind", *lines]))
    asked = ["cfdm", "leaderboard", "--set", f"data.path={tmp_path / 't.csv'}", "--json"]
    with pytest.raises(SystemExit) as caught:
        main([*asked, "--set", "evaluation.target=kind"])
    assert caught.value.code == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == [TRAINING, "auto", "gaussian-copula", "smote"]  # closed form: no texts
    assert found["auto"]["dup_rate"]["mean"] <= 0.02
    assert found["auto"]["train_on_samples_error"]["mean"] < 0.5


def test_a_run_sets_itself_beside_rivals(tmp_path: Path) -> None:
    config = {
        "data": {"dataset": {"name": "digits", "label": 3}},
        "sampler": {"name": "auto"},
        "evaluation": {"rivals": True, "holdout": 0.2},
        "cfdm": {"samples": 30},
    }
    run = geoframe.run_method("cfdm", config, path=tmp_path / "run")
    found = {row["sampler"]: row for row in run.results["tables"]["comparison"]}
    assert list(found) == ["auto", TRAINING, "closed-form", "pca-mixture"]
    assert found[TRAINING]["dup_rate"] == 1
    assert found["auto"]["two_sample_auc"] == run.results["metrics"]["two_sample_auc"]
