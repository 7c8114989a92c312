"""The module of a mixture says what the branches say."""

from typing import Any

import numpy as np
import pytest
import torch

from geoframe.api import configure
from geoframe_ames.fit import fit_branches
from geoframe_ames.portable.mixture import PortableMixture
from geoframe_ames.trained import FusedBranches
from geoframe_lgi.baselines import classical
from geoframe_lgi.branches.kinds import Views
from geoframe_lgi.held_out import HeldOut
from geoframe_lgi.splits import make_splits
from geoframe_lgi.task import Kind, NodeTask


def some_rows(kind: Kind, *, words: bool) -> NodeTask:
    rng = np.random.default_rng(0)
    # Words are many, lest two rows be as near as each other.
    features = rng.standard_normal((80, 50 if words else 6)).astype(np.float32)
    if words:
        features = (features > 0.5) * np.float32(2.5)
    signal = features[:, :2] + 0.3 * rng.standard_normal((80, 2)).astype(np.float32)
    targets: dict[Kind, Any] = {
        "classification": np.digitize(signal[:, :1], [-0.5, 0.5]),
        "multi-label": signal > 0,
        "regression": signal,
    }
    return NodeTask(
        names=tuple(map(str, range(80))),
        features=features,
        kind=kind,
        target=targets[kind].astype(float),
        outputs=("a", "b", "c") if kind == "classification" else ("a", "b"),
        words=words,
        edges=rng.integers(0, 80, (160, 2)) if words else None,
    )


@pytest.mark.parametrize("kind", ["classification", "multi-label", "regression"])
def test_a_module_says_of_new_rows_what_the_branches_say(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classical, "TREES", 4)
    words = kind == "classification"
    task = some_rows(kind, words=words)
    config = configure("ames", {"evaluation": {"trainer": {"steps": 8}}})
    views = Views(task)
    split = make_splits(task, config.split)[0]
    branches = fit_branches(config, views, HeldOut.of(task, split, 0), None)
    assert len(branches) == (13 if words else 7)
    weights = np.linspace(1, 2, len(branches)).tolist()
    fused = FusedBranches(views, branches, weights)
    new = some_rows(kind, words=words).features[:9][:, ::-1].copy()
    every = fused.predict(new)
    module = PortableMixture(views, branches, weights).eval()
    features = torch.from_numpy(new)
    near = {graph: each(features) for graph, each in module.near.items()}
    for branch, (name, scores) in zip(module.branches, every.items(), strict=True):
        assert np.allclose(branch(features, near).numpy(), scores, atol=1e-5), name
    merged = fused.merge([*every.values()])
    assert np.allclose(module(features).numpy(), merged, atol=1e-5)
