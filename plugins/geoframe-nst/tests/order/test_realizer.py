import json
import os
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoframe_nst.closure import bitsets
from geoframe_nst.closure.reachability import Reachability
from geoframe_nst.metrics import order_quality
from geoframe_nst.order.extensions import critical_pairs, random_extension
from geoframe_nst.order.modular_decomposition import contract, transitive_reduction
from geoframe_nst.order.realizer import RANDOM_DIM, Realizer, realizer

needs_data = pytest.mark.skipif(
    "GEOFRAME_DATA" not in os.environ, reason="GEOFRAME_DATA, the folder of test data, is not set"
)


def order_of(ranks: np.ndarray) -> np.ndarray:
    return (ranks[:, None] <= ranks[None]).all(axis=-1)


def check_exact(reachability: Reachability, found: Realizer) -> None:
    nodes = np.arange(reachability.n)
    assert found.exact
    np.testing.assert_array_equal(
        order_of(found.ranks), reachability.reaches(nodes[:, None], nodes)
    )


def random_dag(n: int, density: float, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    edges = np.argwhere(np.triu(generator.random((n, n)) < density, k=1))
    return generator.permutation(n)[edges]


@given(
    n=st.integers(1, 60), density=st.floats(0, 0.6), seed=st.integers(0, 1000), cycle=st.booleans()
)
def test_the_intersection_of_the_extensions_is_the_order(
    n: int, density: float, seed: int, cycle: bool
) -> None:
    edges = random_dag(n, density, seed)
    if cycle:
        edges = np.concatenate([edges, edges[:3, ::-1]])
    reachability = Reachability(n, edges)
    check_exact(reachability, realizer(reachability))


@given(n=st.integers(2, 40), density=st.floats(0, 0.5), seed=st.integers(0, 1000))
def test_a_limit_costs_only_false_causality(n: int, density: float, seed: int) -> None:
    reachability = Reachability(n, random_dag(n, density, seed))
    nodes = np.arange(n)
    truth = reachability.reaches(nodes[:, None], nodes)
    found = realizer(reachability, max_dim=1)
    assert found.ranks.shape == (n, 1)
    assert (order_of(found.ranks) >= truth).all()
    assert found.exact == (order_of(found.ranks) == truth).all()


def test_simple_orders_get_their_dimension() -> None:
    chain = Reachability(50, [(i, i + 1) for i in range(49)])
    antichain = Reachability(50, np.empty((0, 2)))
    tree = Reachability(500, [((i - 1) // 3, i) for i in range(1, 500)])
    # The standard example S_4, a_i < b_j for i != j, has dimension 4.
    standard = Reachability(8, [(i, 4 + j) for i in range(4) for j in range(4) if i != j])
    for reachability, dim in ((chain, 1), (antichain, 2), (tree, 2), (standard, 4)):
        found = realizer(reachability)
        check_exact(reachability, found)
        assert found.ranks.shape[1] == dim


def test_without_room_for_the_search_random_extensions_are_drawn() -> None:
    reachability = Reachability(60, random_dag(60, 0.1, 0))
    found = realizer(reachability, memory_budget=100, max_dim=4, seed=1)
    assert not found.exact
    assert found.ranks.shape == (60, 4)
    assert order_quality(found.ranks, reachability).closure_recall == 1
    assert (found.ranks == realizer(reachability, memory_budget=100, max_dim=4, seed=1).ranks).all()
    assert (found.ranks != realizer(reachability, memory_budget=100, max_dim=4, seed=2).ranks).any()


def test_a_search_that_would_take_too_long_gives_way_to_random_extensions() -> None:
    reachability = Reachability(80, random_dag(80, 0.05, 0))
    exact = realizer(reachability)
    dim = exact.ranks.shape[1]
    assert exact.exact
    assert 2 < dim < RANDOM_DIM
    one = 80**2 * bitsets.words_for(80) / 1e9  # at most; contraction makes it less
    for work in (0.0, 2 * one):
        found = realizer(reachability, work=work)
        assert not found.exact
        assert found.ranks.shape == (80, RANDOM_DIM)
        assert order_quality(found.ranks, reachability).closure_recall == 1
        assert realizer(reachability, work=work, max_dim=3).ranks.shape == (80, 3)
    # An explicit number of extensions that can be afforded is taken from the search.
    few = realizer(reachability, work=4 * one, max_dim=2)
    np.testing.assert_array_equal(few.ranks, exact.ranks[:, :2])


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="max_dim must be at least 1"):
        realizer(Reachability(1, np.empty((0, 2))), max_dim=0)


@given(n=st.integers(1, 40), density=st.floats(0, 0.5), seed=st.integers(0, 1000))
def test_random_extensions_extend_the_order(n: int, density: float, seed: int) -> None:
    reachability = Reachability(n, random_dag(n, density, seed))
    sequence = random_extension(reachability, np.random.default_rng(seed))
    position = np.argsort(sequence)
    assert sorted(sequence) == list(range(n))
    assert (position[reachability.edges[:, 0]] < position[reachability.edges[:, 1]]).all()


@pytest.mark.parametrize("memory_budget", [64, 2**30])
@given(n=st.integers(1, 90), density=st.floats(0, 0.3), seed=st.integers(0, 1000))
def test_the_transitive_reduction_is_that_of_networkx(
    memory_budget: int, n: int, density: float, seed: int
) -> None:
    reachability = Reachability(n, random_dag(n, density, seed), memory_budget=memory_budget)
    graph = nx.DiGraph(reachability.edges.tolist())
    assert {*map(tuple, transitive_reduction(reachability).tolist())} == {
        *nx.transitive_reduction(graph).edges
    }


def test_series_parallel_orders_contract_to_a_point() -> None:
    # 0 < {1 < 2, 3} < 4
    contraction = contract(5, np.array([[0, 1], [0, 3], [1, 2], [2, 4], [3, 4]]))
    assert len(contraction.modules) == 1
    assert contraction.parallel
    both = [contraction.expand(np.array([0]), flip=flip).tolist() for flip in (False, True)]
    assert sorted(both) == [[0, 1, 2, 3, 4], [0, 3, 1, 2, 4]]


def test_the_critical_pairs_of_a_small_order_are_known() -> None:
    # N: 0 < 2, 1 < 2, 1 < 3. Of its incomparable pairs only these meet both conditions.
    reachability = Reachability(4, [(0, 2), (1, 2), (1, 3)])
    closure = reachability.closure()
    nodes = np.argsort(reachability.component)
    critical = critical_pairs(closure, bitsets.transpose(closure, 4), reachability.edges)
    pairs = {(int(nodes[u]), int(nodes[v])) for u, v in np.argwhere(bitsets.unpack(critical, 4))}
    assert pairs == {(1, 0), (0, 3), (3, 2)}


@needs_data
@pytest.mark.parametrize(
    ("file", "most"), [("net3_ecoli", 9), ("net1_insilico", 14), ("mammals_closure", 3)]
)
def test_large_real_orders_are_exact_with_few_extensions(file: str, most: int) -> None:
    folder = "wordnet" if file.startswith("mammals") else "dream5"
    stored = np.load(Path(os.environ["GEOFRAME_DATA"]) / folder / f"{file}.npz")
    edges = stored["closure"] if "closure" in stored else stored["edges"]
    reachability = Reachability(len(stored["names"]), edges)
    found = realizer(reachability)
    assert found.exact
    assert found.ranks.shape[1] <= most
    quality = order_quality(found.ranks, reachability)
    assert (quality.closure_recall, quality.false_causality) == (1, 0)


@needs_data
def test_every_bayesian_network_is_exact() -> None:
    file = Path(os.environ["GEOFRAME_DATA"]) / "bnlearn/networks.json"
    networks = json.loads(file.read_text())
    assert len(networks) == 18
    most = {"alarm": 5, "insurance": 5, "hepar2": 7, "andes": 10, "diabetes": 8, "pigs": 12}
    for name, network in networks.items():
        reachability = Reachability(len(network["nodes"]), network["edges"])
        found = realizer(reachability)
        check_exact(reachability, found)
        assert found.ranks.shape[1] <= most.get(name, 8)
