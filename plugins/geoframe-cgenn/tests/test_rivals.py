"""Rivals see the symmetry through invariants, or not at all."""

import attrs
import numpy as np
import pytest
import torch
from cgenn_cases import isometry

from geoframe_cgenn.config import Rival
from geoframe_cgenn.datasets.invariants import ConvexHulls, HiddenMetric, SignedVolumes
from geoframe_cgenn.rivals import compare_rivals, coordinates, invariants
from geoframe_cgenn.sets import VectorSets

MINKOWSKI = torch.diag(torch.tensor([1.0, 1.0, -1.0]))
RIVALS: tuple[Rival, ...] = (
    "ridge-invariants",
    "boosting-invariants",
    "perceptron-invariants",
    "perceptron-coordinates",
)


def particle_sets(*, of_sets: bool, classes: tuple[str, ...] = ()) -> VectorSets:
    """Forty sets of one to four rows with two vectors of R^3 and a scalar."""
    rng = np.random.default_rng(0)
    sizes = np.tile([1, 2, 3, 4], 10)
    vectors = rng.standard_normal((sizes.sum(), 2, 3))
    count = len(sizes) if of_sets else len(vectors)
    targets = rng.integers(0, len(classes), count) if classes else rng.standard_normal(count)
    return VectorSets(
        vectors=vectors,
        scalars=rng.standard_normal((len(vectors), 1)),
        sizes=sizes,
        targets=targets,
        kind="class" if classes else "number",
        of_sets=of_sets,
        classes=classes,
        split=np.repeat([0, 2], 20),
    )


@pytest.mark.parametrize("of_sets", [True, False])
def test_invariants_do_not_change(of_sets: bool) -> None:
    sets = particle_sets(of_sets=of_sets)
    s = isometry(MINKOWSKI).numpy()
    moved = attrs.evolve(sets, vectors=sets.vectors @ s.T)
    form = MINKOWSKI.double().numpy()
    before, after = invariants(sets, form), invariants(moved, form)
    assert len(before) == (len(sets) if of_sets else len(sets.vectors))
    assert np.allclose(before, after, rtol=1e-6, atol=1e-6)
    assert not np.allclose(before, invariants(moved, np.eye(3)))


def test_invariants_of_a_set_know_no_order() -> None:
    sets = particle_sets(of_sets=True)
    backwards = np.lexsort((-np.arange(len(sets.vectors)), np.repeat(np.arange(40), sets.sizes)))
    turned = attrs.evolve(sets, vectors=sets.vectors[backwards], scalars=sets.scalars[backwards])
    assert np.allclose(invariants(sets, np.eye(3)), invariants(turned, np.eye(3)))
    assert not np.allclose(coordinates(sets, 4), coordinates(turned, 4))


def test_coordinates_of_sets_are_cut_and_filled_up() -> None:
    sets = particle_sets(of_sets=True)
    seen = coordinates(sets, 3)
    assert seen.shape == (40, 3 * 7)
    assert np.array_equal(seen[0, :6], sets.vectors[0].reshape(-1))
    assert not seen[0, 7:].any()
    assert np.array_equal(seen[3, 14:20], sets.vectors[8].reshape(-1))


@pytest.mark.parametrize("of_sets", [True, False])
@pytest.mark.parametrize("classes", [(), ("a", "b", "c")])
def test_every_rival_is_measured(of_sets: bool, classes: tuple[str, ...]) -> None:
    sets = particle_sets(of_sets=of_sets, classes=classes)
    train, test = sets.part("train"), sets.part("test")
    if classes:  # one class has no training sets, another has one
        targets = np.zeros_like(train.targets)
        targets[0] = 1
        train = attrs.evolve(train, targets=targets)
    rows = compare_rivals(RIVALS, train, test, torch.eye(3), 0)
    assert [row["model"] for row in rows] == [name.replace("-", " on ") for name in RIVALS]
    for row in rows:
        assert np.isfinite([value for value in row.values() if not isinstance(value, str)]).all()
        assert ("accuracy" if classes else "mse") in row


def test_rivals_answer_what_is_simple() -> None:
    volumes = SignedVolumes(samples=200, held_out=50).load()
    (ridge,) = compare_rivals(
        ["ridge-invariants"], volumes.part("train"), volumes.part("test"), torch.eye(3), 0
    )
    assert ridge["mse"] < 1e-8  # the determinant is the answer
    hulls = ConvexHulls(samples=200, held_out=50, as_sets=True).load()
    train, test = hulls.part("train"), hulls.part("test")
    (ridge,) = compare_rivals(["ridge-invariants"], train, test, torch.eye(5), 0)
    assert ridge["mse"] < 0.1 * np.var(test.targets)
    hidden = HiddenMetric(samples=400, held_out=100)
    sets = hidden.load()
    train, test = sets.part("train"), sets.part("test")
    wrong, right = (
        compare_rivals(["boosting-invariants"], train, test, torch.from_numpy(form), 0)[0]["mse"]
        for form in (np.eye(3), hidden.matrix())
    )
    assert right < 0.5 * wrong
