import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geoframe import DataError
from geoframe.api import configure
from geoframe_lgi.branches.fit import fit_branch
from geoframe_lgi.branches.kinds import KINDS, Views, fitting
from geoframe_lgi.branches.labels import LabelsAround, propagated_labels
from geoframe_lgi.branches.nearest import NearestRows
from geoframe_lgi.branches.propagation import smoothed, symmetric_adjacency, two_hops
from geoframe_lgi.held_out import HeldOut
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.splits import make_splits
from geoframe_lgi.task import NodeTask


def blobs(n: int = 120, *, graph: bool = True) -> NodeTask:
    rng = np.random.default_rng(0)
    codes = np.arange(n) % 3
    features = rng.standard_normal((n, 6)) + 2 * np.eye(6)[codes]
    ends = rng.integers(0, n // 3, (4 * n, 2)) * 3 + rng.integers(0, 3, (4 * n, 1))
    return NodeTask(
        names=tuple(map(str, range(n))),
        features=features.astype(np.float32),
        kind="classification",
        target=codes[:, None].astype(float),
        outputs=("a", "b", "c"),
        edges=ends.astype(np.int64) if graph else None,
    )


def test_the_nearest_rows_are_the_nearest() -> None:
    task = blobs()
    near = NearestRows(task, 5)
    apart = np.linalg.norm(task.features[:, None] - task.features, axis=2)
    np.fill_diagonal(apart, np.inf)
    found = near.edges()[:, 1].reshape(-1, 5)
    expected = np.sort(np.take_along_axis(apart, np.argsort(apart, axis=1)[:, :5], axis=1))
    assert np.sort(np.take_along_axis(apart, found, axis=1)) == pytest.approx(expected)
    assert near.nearest_to(task.features)[:, 0].tolist() == list(range(120))


def test_near_rows_of_averaged_features_know_more_than_features_or_graph() -> None:
    rng = np.random.default_rng(0)
    codes = np.arange(400) % 2
    features = rng.standard_normal((400, 40)) + np.where(codes, 0.15, -0.15)[:, None]
    ends = rng.integers(0, 400, (1600, 2))
    strangers = (codes[ends[:, 0]] != codes[ends[:, 1]]) & (rng.random(1600) < 0.7)
    task = NodeTask(
        names=tuple(map(str, range(400))),
        features=features.astype(np.float32),
        kind="classification",
        target=codes[:, None].astype(float),
        outputs=("a", "b"),
        edges=ends[~strangers],
    )
    views = Views(task)

    def homophily(edges: NDArray[np.int64]) -> float:
        return float((codes[edges[:, 0]] == codes[edges[:, 1]]).mean())

    refined = homophily(views.refined.nearest.edges())
    assert refined > 0.05 + homophily(views.nearest.edges())
    assert refined > 0.05 + homophily(task.edges)
    assert views.refined.into(task.features[:3]).sum(axis=1).tolist() == [8, 8, 8]


def test_two_hops_are_exactly_two() -> None:
    path = symmetric_adjacency(5, np.array([[0, 1], [1, 2], [2, 3], [3, 4], [0, 2]]))
    hops = two_hops(path).toarray()
    assert hops[0].tolist() == [0, 0, 0, 1, 0]
    assert (hops == hops.T).all()
    assert np.diag(hops).sum() == 0


def test_smoothing_solves_its_equation() -> None:
    views = Views(blobs())
    near = views.propagation("near")
    x = views.task.features
    found = smoothed(near, x)
    matrix = near.matrix.toarray()
    exact = 0.1 * np.linalg.solve(np.eye(120) - 0.9 * matrix, x)
    assert np.abs(found - exact).max() < 0.05
    assert np.abs(found - (0.1 * x + 0.9 * matrix @ found)).max() < 0.01


def test_a_row_never_sees_its_own_label() -> None:
    task = blobs()
    around = LabelsAround(task, Views(task).propagation("near"), np.ones(120, dtype=bool))
    every = np.ones(120, dtype=bool)
    seen = around.seen(every)
    for row in (0, 7, 50):
        other = task.target.copy()
        other[row] = (other[row] + 1) % 3
        changed = NodeTask(
            names=task.names,
            features=task.features,
            kind=task.kind,
            target=other,
            outputs=task.outputs,
        )
        again = LabelsAround(changed, around.propagation, every).seen(every)
        # The overall frequencies, towards which little is mixed, know of one label more or less.
        assert np.abs(again[row] - seen[row]).max() < 0.01
        neighbors = csr_array(around.propagation.matrix)[[row]].indices
        others = [k for k in neighbors if k != row]
        assert np.abs(again[others] - seen[others]).max() > 0.02


@pytest.mark.parametrize("name", list(KINDS))
def test_views_of_new_rows_are_those_of_copies_of_old_ones(name: str) -> None:
    task = blobs()
    views = Views(task)
    for view in KINDS[name].inputs:
        new = views.of_new(view, task.features[:4])
        assert new.shape == views.of_features(view)[:4].shape
        assert np.isfinite(new).all()
        if view.startswith("near"):  # a copy sees the old row besides what that one sees
            old = views.of_features(view)[:4]
            assert np.corrcoef(new.ravel(), old.ravel())[0, 1] > 0.9


def test_branches_learn_and_new_rows_are_predicted_like_held_out_ones() -> None:
    task = blobs(graph=False)
    split = make_splits(task, configure("lgi").split)[0]
    held_out = HeldOut.of(task, split, 0)
    trainer = configure("lgi").evaluation.trainer
    views = Views(task)
    for name in fitting(task):
        fitted = fit_branch(name, views, TaskLoss(task, split.train), held_out, trainer, seed=0)
        scores = fitted.predictions.scores
        right = scores.argmax(axis=1) == task.codes
        assert right[split.test].mean() > 0.75
        again = fitted.predict(task.features[split.test])
        same = again.argmax(axis=1) == scores[split.test].argmax(axis=1)
        assert same.mean() > 0.8  # a copy also sees the row that it copies
        assert np.array_equal(again, fitted.predict(task.features[split.test]))
        if name == "mlp":  # which sees no other row
            assert np.allclose(again, scores[split.test], atol=1e-5)
        assert np.isfinite(fitted.predictions.held[split.validation]).all()
        assert np.isnan(fitted.predictions.held[split.train]).all()


def test_label_propagation_reaches_connected_rows() -> None:
    task = blobs()
    train = np.arange(120) < 30
    scores = propagated_labels(task, Views(task).propagation("near"), train)
    assert scores.sum(axis=1) == pytest.approx(np.ones(120))
    assert (scores.argmax(axis=1) == task.codes)[~train].mean() > 0.7


def test_a_graph_branch_needs_a_graph() -> None:
    task = blobs(graph=False)
    assert not any(KINDS[name].graph for name in fitting(task))
    with pytest.raises(DataError, match="needs a graph"):
        Views(task).propagation("given")
