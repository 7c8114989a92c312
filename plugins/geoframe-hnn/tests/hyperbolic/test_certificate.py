"""The certificate: a true bound, tight where it matters, in linear time."""

import math

import numpy as np
import pytest
from hnn_trees import (
    all_pairs,
    complete,
    needs_data,
    pairs_of,
    path,
    random_tree,
    star,
    stored,
    trees,
    worst_distortion,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from geoframe.errors import DataError
from geoframe_data.tree import Tree
from geoframe_hnn.hyperbolic import certificate
from geoframe_hnn.hyperbolic.embedded_tree import embed_tree
from geoframe_hnn.hyperbolic.scale import sufficient_scale
from geoframe_hnn.quality import evaluation_pairs


@settings(max_examples=100)
@given(
    tree=trees(),
    dim=st.sampled_from([2, 3]),
    scale=st.floats(0.05, 60.0),
    angles=st.sampled_from(["equal", "adaptive"]),
)
def test_no_pair_exceeds_the_certificate(tree, dim, scale, angles):
    embedded = embed_tree(tree, dim=dim, scale=scale, angles=angles)
    u, v = all_pairs(tree)
    worst = worst_distortion(embedded, pairs_of(tree, u, v))
    assert worst <= embedded.certificate() * (1 + 1e-9)


@settings(max_examples=40)
@given(tree=trees(), distortion=st.floats(1.01, 3.0), dim=st.sampled_from([2, 4]))
def test_wanted_distortions_are_certified(tree, distortion, dim):
    embedded = embed_tree(tree, dim=dim, distortion=distortion)
    assert embedded.certificate() <= distortion * (1 + 1e-8)


@pytest.mark.parametrize("leaves", [3, 10, 100])
def test_the_star_has_a_closed_formula(leaves):
    tau = 12.0
    exact = 1 / (1 + math.log(math.sin(math.pi / leaves)) / tau)
    found = embed_tree(star(leaves), scale=tau, angles="equal").certificate()
    assert found == pytest.approx(exact, rel=1e-6)


def test_it_is_tight_on_a_complete_tree():
    tree = complete(3, 4)
    embedded = embed_tree(tree, scale=8.0, angles="equal")
    measured = worst_distortion(embedded, evaluation_pairs(tree, 10**6))
    assert embedded.certificate() == pytest.approx(measured, rel=1e-6)


def test_large_families_are_bounded_by_their_closest_pair(monkeypatch):
    tree = star(200)
    embedded = embed_tree(tree, scale=40.0, angles="equal")
    one_by_one = embedded.certificate()
    monkeypatch.setattr(certificate, "LARGE_FAMILY", 100)
    assert embedded.certificate() == pytest.approx(one_by_one, rel=1e-9)


def test_large_families_of_unequal_edges_stay_bounded(monkeypatch):
    monkeypatch.setattr(certificate, "LARGE_FAMILY", 10)
    rng = np.random.default_rng(0)
    length = np.concatenate([[0.0], rng.uniform(1, 5, 50)])
    tree = Tree(names=tuple(map(str, range(51))), parent=np.array([-1] + [0] * 50), length=length)
    embedded = embed_tree(tree, distortion=1.2)
    measured = worst_distortion(embedded, evaluation_pairs(tree, 10**6))
    assert measured <= embedded.certificate() <= 1.2


def test_a_path_and_a_single_node_lose_nothing():
    assert embed_tree(path(50)).certificate() == pytest.approx(1.0, abs=1e-8)
    assert embed_tree(path(1)).certificate() == 1.0


def test_the_closed_formula_suffices_for_equal_angles():
    tree = random_tree(300, seed=1)
    embedded = embed_tree(tree, distortion=1.1, scale=sufficient_scale(tree, 1.1), angles="equal")
    assert embedded.certificate() <= 1.1


def test_hopeless_trees_are_refused():
    tree = Tree(
        names=("a", "b", "c", "d"),
        parent=np.array([-1, 0, 0, 0]),
        length=np.array([0.0, 1e-17, 1e-17, 1.0]),
    )
    with pytest.raises(DataError, match="no scale up to"):
        embed_tree(tree, distortion=1.01)


@needs_data
@pytest.mark.parametrize(
    "name",
    [
        "smalltree",
        "phylo_mosses_hofbauer2016",
        "pythonidae",
        "mammals_bininda2007",
        "tree-20-3",
        pytest.param("wordnet_weighted", marks=pytest.mark.slow),
    ],
)
def test_every_stored_tree_is_certified_at_ten_percent(name):
    tree = stored(name)
    embedded = embed_tree(tree, distortion=1.1)
    bound = embedded.certificate()
    worst = worst_distortion(embedded, evaluation_pairs(tree, 100_000))
    assert worst <= bound <= 1.1
    # The measured pairs come close to the bound: it gives little away.
    assert worst > (1.06 if name == "pythonidae" else 1.09)


def test_more_dimensions_need_less_room():
    tree = star(60)
    scales = [embed_tree(tree, dim=dim).scale for dim in (2, 3, 10)]
    assert scales[0] > 1.8 * scales[1] > 1.8 * scales[2]


@needs_data
def test_adaptive_angles_save_room_on_uneven_trees():
    tree = stored("pythonidae")
    assert embed_tree(tree).scale < 0.75 * embed_tree(tree, angles="equal").scale
