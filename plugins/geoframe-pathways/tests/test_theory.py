from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoframe_pathways.theory import plan, vc_bound


@given(
    exponent=st.floats(0.5, 4),
    dims=st.integers(3, 20),
    lipschitz=st.floats(1.0, 10),
)
def test_the_papers_choice(exponent: float, dims: int, lipschitz: float) -> None:
    epsilon = 10.0**-exponent
    budget = plan(epsilon, dims, lipschitz)
    assert math.isclose(budget.parameters_active, 1 / epsilon, rel_tol=1e-9)
    cells = lipschitz**dims * epsilon ** -(dims - 2)
    assert math.isclose(budget.experts, cells, rel_tol=1e-9)
    assert math.isclose(budget.parameters_dense, (lipschitz / epsilon) ** (dims / 2), rel_tol=1e-9)
    # Active memory softens; the total is the price.
    assert budget.parameters_active <= budget.parameters_dense * (1 + 1e-9)
    assert budget.parameters_total >= budget.parameters_dense * (1 - 1e-9)


@given(share=st.floats(0, 1, allow_subnormal=False), dims=st.integers(1, 12))
def test_the_trade_off(share: float, dims: int) -> None:
    budget = plan(0.01, dims, share=share)
    assert math.isclose(budget.experts, 0.01 ** (-share * dims), rel_tol=1e-9)
    assert math.isclose(budget.parameters_active, 0.01 ** (-(1 - share) * dims / 2), rel_tol=1e-9)
    assert budget.parameters_total == budget.experts * budget.parameters_active


def test_no_cells_is_the_dense_network() -> None:
    budget = plan(0.01, 5, share=0)
    assert budget.experts == 1
    assert budget.tree_height == 0
    assert budget.parameters_active == budget.parameters_dense == budget.parameters_loaded


def test_the_tree() -> None:
    budget = plan(0.1, 4, valency=10)  # 100 cells
    assert math.isclose(budget.experts, 100)
    assert budget.tree_height == 2
    assert math.isclose(budget.parameters_loaded, budget.parameters_active + 10 * 2 * 4)


def test_the_vc_bound() -> None:
    assert vc_bound(10, 3, 64, 8) == 10 * 3 * 64
    assert vc_bound(1000, 3, 64, 8) == 1000 * 8 * 1000


@pytest.mark.parametrize("arguments", [(0.0, 2), (1.0, 2), (0.1, 0), (0.1, 2, 0.0), (0.1, 2, 1.0)])
def test_nonsense_is_refused(arguments: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="must"):
        plan(*arguments, share=1.5 if len(arguments) == 3 and arguments[2] else None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1"):
        vc_bound(0, 1, 1, 1)
