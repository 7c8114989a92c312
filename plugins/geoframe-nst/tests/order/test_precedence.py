import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoframe_nst.closure.reachability import Reachability
from geoframe_nst.order import precedence
from geoframe_nst.order.precedence import ClosureOrder, KnownOrder, RankOrder, precedence_of
from geoframe_nst.order.realizer import realizer


def random_dag(n: int, count: int, seed: int) -> np.ndarray:
    ends = np.sort(np.random.default_rng(seed).integers(0, n, (count, 2)), axis=1)
    return ends[ends[:, 0] < ends[:, 1]]


@given(n=st.integers(2, 80), count=st.integers(1, 200), seed=st.integers(0, 1000))
def test_ranks_and_closure_answer_alike(n: int, count: int, seed: int) -> None:
    edges = random_dag(n, count, seed)
    found = realizer(Reachability(n, edges))
    orders = [
        RankOrder(ranks=found.ranks.T),
        ClosureOrder(reachability=Reachability(n, edges)),
    ]
    nodes = np.arange(n)
    expected = Reachability(n, edges).reaches(nodes[:, None], nodes)
    u, v = np.divmod(np.random.default_rng(seed).integers(0, n * n, 50), n)
    some = nodes[:: max(1, n // 5)]
    for order in orders:
        np.testing.assert_array_equal(order.between(u, v), expected[u, v])
        np.testing.assert_array_equal(order.after(some), expected[some])
        np.testing.assert_array_equal(order.before(some), expected[:, some].T)


def test_the_smaller_or_faster_of_the_two_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    edges = np.stack([np.arange(499), np.arange(1, 500)], axis=1)
    exact, coarse = KnownOrder(edges=edges, exact=True), KnownOrder(edges=edges, exact=False)
    few, many = np.zeros((500, 2)), np.zeros((500, 40))
    assert isinstance(precedence_of(few, exact), RankOrder)
    assert isinstance(precedence_of(many, exact), ClosureOrder)  # smaller, even
    assert isinstance(precedence_of(few[:10], KnownOrder(edges=edges[:9], exact=True)), RankOrder)
    assert isinstance(precedence_of(few, coarse), ClosureOrder)  # the ranks would be wrong
    faster = np.zeros((500, 5))
    assert isinstance(precedence_of(faster, exact), ClosureOrder)
    monkeypatch.setattr(precedence, "MOST_BYTES", 1000)
    assert isinstance(precedence_of(faster, exact), RankOrder)
    monkeypatch.setattr(precedence, "DEFAULT_MEMORY_BUDGET", 1000)
    assert isinstance(precedence_of(few, coarse), RankOrder)


def test_on_cycles_ranks_decide() -> None:
    cycle = KnownOrder(edges=np.array([[0, 1], [1, 2], [2, 0]]), exact=False)
    ranks = np.array([[0.0], [1.0], [2.0]])
    order = precedence_of(ranks, cycle)
    assert isinstance(order, RankOrder)
    assert order.between(np.array([0, 2]), np.array([2, 0])).tolist() == [True, False]
