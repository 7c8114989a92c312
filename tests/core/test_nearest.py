"""Nearest points: exact, in order, ties by number, whatever the memory budget."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from geoframe import build


@given(n=st.integers(0, 6), m=st.integers(0, 9), k=st.integers(0, 12), budget=st.integers(1, 2000))
def test_nearest_are_those_of_a_stable_sort(n, m, k, budget):
    space = build("geometry", "euclidean", dim=2)
    # Whole numbers make many ties.
    x, y = torch.randint(3, (n, 2)).float(), torch.randint(3, (m, 2)).float()
    distances, numbers = space.nearest(x, y, k, memory_budget=budget)
    order = torch.cdist(x, y).sort(dim=-1, stable=True)
    assert torch.equal(numbers, order.indices[:, :k])
    torch.testing.assert_close(distances, order.values[:, :k])


def test_an_unknown_distance_comes_last():
    space = build("geometry", "euclidean", dim=1)
    y = torch.tensor([[torch.nan], [2.0], [1.0]])
    _, numbers = space.nearest(torch.zeros(1, 1), y, 3)
    assert numbers.tolist() == [[2, 1, 0]]


@pytest.mark.parametrize("budget", [1, 10**3, 10**9])
def test_blocks_of_rows_are_all_distances(budget):
    space = build("geometry", "hyperboloid", dim=3)
    x, y = space.project(torch.randn(11, 3)), space.project(torch.randn(5, 3))
    found = space.row_blocks(x, y, memory_budget=budget)
    blocks = {rows.start: block for rows, block in found}
    torch.testing.assert_close(torch.cat(list(blocks.values())), space.pairwise(x, y))
    assert list(blocks) == sorted(blocks)
