"""Data sets against closed forms and against the stored trajectories."""

import os

import attrs
import numpy as np
import pytest

from geoframe.testing import check_dataset
from geoframe_cgenn.datasets.charged import (
    FIRST,
    LAST,
    ChargedParticles,
    SimulatedCharges,
    initial_states,
    simulate,
)
from geoframe_cgenn.datasets.invariants import ConvexHulls, HiddenMetric, SignedVolumes
from geoframe_cgenn.datasets.jets import PythiaJets, jet_masses, with_beams
from geoframe_cgenn.measures import auc
from geoframe_cgenn.sets import VectorSets

needs_data = pytest.mark.skipif(
    not os.environ.get("GEOFRAME_DATA"), reason="GEOFRAME_DATA is unset"
)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SignedVolumes(samples=8, held_out=4),
        lambda: ConvexHulls(samples=4, held_out=2),
        lambda: ConvexHulls(samples=4, held_out=2, as_sets=True),
        lambda: HiddenMetric(samples=8, held_out=4),
        lambda: SimulatedCharges(samples=2, held_out=1),
    ],
)
def test_conformance(make) -> None:
    assert check_dataset(make).ok


def test_hidden_metric_has_the_eigenvalues_asked_for() -> None:
    dataset = HiddenMetric(eigenvalues=(3.0, 1.0, 0.4))
    assert np.allclose(np.linalg.eigvalsh(dataset.matrix()), [0.4, 1.0, 3.0])
    assert np.array_equal(dataset.matrix(), dataset.matrix().T)


def test_variance_of_signed_volumes() -> None:
    sets = SignedVolumes(samples=20000, held_out=4).load()
    assert np.var(sets.targets) == pytest.approx(0.06, rel=0.1)  # det has variance 3! = 6


def test_convex_hull_of_a_known_body() -> None:
    corners = np.array(np.meshgrid(*[[0.0, 2.0]] * 4)).reshape(4, -1).T
    body = np.zeros((1, 32, 5))
    body[0, :16, :4], body[0, 16:, :4], body[0, 16:, 4] = corners, corners, 3.0
    assert ConvexHulls().targets(body) == pytest.approx([48.0])


def test_convex_hulls_are_the_same_as_rows_and_as_sets() -> None:
    dataset = ConvexHulls(samples=40, held_out=20)
    rows, sets = dataset.load(), attrs.evolve(dataset, as_sets=True).load()
    assert rows.vectors.shape == (80, 16, 5)
    assert sets.vectors.shape == (1280, 1, 5)
    assert np.array_equal(rows.targets, sets.targets)
    scores = [
        ConvexHulls().rival(each.part("train"), each.part("test"))[1]["mse"]
        for each in (rows, sets)
    ]
    assert scores[0] == scores[1] < 0.2 * np.var(rows.part("test").targets)


def test_forces_commute_with_the_isometries_of_the_metric() -> None:
    dataset = SimulatedCharges()
    frame = np.linalg.cholesky(dataset.matrix()).T
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    s = np.linalg.solve(frame, turn @ frame)
    charges, x, v = initial_states(4, 1)
    ((later, _),) = simulate(charges, x, v, (60,), dataset.matrix())
    ((moved, _),) = simulate(charges, x @ s.T, v @ s.T, (60,), dataset.matrix())
    assert np.allclose(moved, later @ s.T, atol=1e-10)


@needs_data
def test_simulator_makes_the_stored_trajectories() -> None:
    stored = ChargedParticles().load()
    charges, x, v = initial_states(5, 43)
    (x, v), (later, _) = simulate(charges, x, v, (FIRST, LAST), np.eye(3))
    assert np.array_equal(stored.scalars[:25, 0], charges.reshape(-1))
    assert np.abs(stored.vectors[:25, 1] - v.reshape(-1, 3)).max() < 1e-6
    assert stored.targets is not None
    assert np.abs(stored.targets[:25] - (later - x).reshape(-1, 3)).max() < 1e-5


def test_beams_stand_before_each_jet() -> None:
    rng = np.random.default_rng(0)
    p = rng.standard_normal((5, 3))
    momenta = np.concatenate([p, np.linalg.norm(p, axis=1, keepdims=True)], axis=1)
    jets = VectorSets(
        vectors=momenta[:, None],
        scalars=np.zeros((5, 0)),
        sizes=np.array([2, 3]),
        targets=np.array([0, 1]),
        kind="class",
        of_sets=True,
    )
    with_both = with_beams(jets)
    assert with_both.sizes.tolist() == [4, 5]
    beams = with_both.scalars[:, 0] > 0
    assert beams.tolist() == [True, True, False, False, True, True, False, False, False]
    assert np.array_equal(with_both.vectors[~beams], jets.vectors)
    assert np.array_equal(with_both.vectors[beams][:2, 0], with_both.vectors[beams][2:, 0])
    squares = (with_both.vectors[beams, 0] ** 2) @ [1.0, 1.0, 1.0, -1.0]
    assert np.allclose(squares, -1.0)
    assert np.allclose(jet_masses(with_both, beams=True), jet_masses(jets))


@needs_data
def test_jets_have_the_masses_of_their_readme() -> None:
    jets = PythiaJets(constituents=50).load()
    masses = jet_masses(jets)
    assert masses[jets.targets == 1].mean() == pytest.approx(165, abs=1)
    assert masses[jets.targets == 0].mean() == pytest.approx(74, abs=1)
    assert auc(-np.abs(masses - 172), jets.targets) == pytest.approx(0.966, abs=1e-3)
    name, found = PythiaJets().rival(jets.part("train"), jets.part("test"))
    assert "169 GeV" in name
    assert found["auc"] == pytest.approx(0.9664, abs=1e-4)
