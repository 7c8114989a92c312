import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from geoframe.embedders.table import Table
from geoframe.geometry import Geometry, Promise
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_nst.closure.reachability import Reachability
from geoframe_nst.config import SpacetimeConfig
from geoframe_nst.objective import SpacetimeObjective
from geoframe_nst.order.incomparable import IncomparablePairs
from geoframe_nst.order.neural_order import NeuralOrder
from geoframe_nst.spacetime import NeuralSpacetime
from geoframe_snowflake.snowflake_v2 import SnowflakeV2


class Line(Geometry):
    """The real line."""

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        return (x - y).norm(dim=-1)


class Signed(Line):
    """A line whose intervals may be negative."""

    promise = Promise(nonnegative=False)


EDGES = torch.tensor([[0, 1], [1, 2], [0, 2]])
WEIGHTS = torch.tensor([1.0, 3.0, 2.0])
PLACES = torch.tensor([[0.0], [2.0], [5.0]])
TIMES = torch.tensor([[0.0, 0.0], [0.3, 0.1], [0.2, 0.4]])  # 1 -> 2 goes back in the first


def objective(
    *,
    order: bool = True,
    incomparable: IncomparablePairs | None = None,
    times: Tensor | None = None,
    ordered: Tensor | None = None,
    **options: object,
) -> SpacetimeObjective:
    """The objective on three events of the line with two order coordinates."""
    table = Table(3, 3)
    table.rows.data = torch.cat([PLACES, TIMES], dim=1)
    embedding = EmbeddedItems(
        table, NeuralSpacetime(Line(1), nn.Identity(), time_dim=2), torch.arange(3)
    )
    return SpacetimeObjective(
        embedding,
        EDGES,
        WEIGHTS,
        SpacetimeConfig(**options),  # type: ignore[arg-type]
        order=order,
        incomparable=incomparable,
        times=times,
        ordered=ordered,
    )


ALL = torch.arange(3)
GAPS = [[-0.3, -0.1], [0.1, -0.3], [-0.2, -0.4]]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def hinge(gap: float) -> float:
    return math.log1p(math.exp(10 * gap + 1)) / 10


def test_the_published_loss_is_squared_error_plus_order_error_times_the_share_of_wrong_edges() -> (
    None
):
    found = objective(loss="squared", order_loss="published")(ALL)
    space = ((2 - 1) ** 2 + (3 - 3) ** 2 + (5 - 2) ** 2) / 3
    time = np.mean([sigmoid(10 * gap) for gaps in GAPS for gap in gaps]) * (1 - 2 / 3)
    assert found["space"].item() == pytest.approx(space)
    assert found["time"].item() == pytest.approx(time)
    assert found["loss"].item() == pytest.approx(space + time)


def test_the_default_loss_is_squared_log_ratio_plus_margins() -> None:
    found = objective()(ALL)
    space = (math.log(2) ** 2 + 0 + math.log(5 / 2) ** 2) / 3
    time = np.mean([hinge(gap) for gaps in GAPS for gap in gaps])
    assert found["space"].item() == pytest.approx(space)
    assert found["time"].item() == pytest.approx(time)


def test_a_closed_form_order_leaves_only_distances() -> None:
    assert objective(order=False)(ALL).keys() == {"loss", "space"}


def test_incomparable_pairs_are_asked_to_disagree() -> None:
    pairs = IncomparablePairs(Reachability(3, [(0, 1), (0, 2)]), seed=0)
    assert {*map(tuple, pairs.pool.tolist())} == {(1, 2), (2, 1)}
    found = objective(incomparable=pairs, negatives=2.0)(ALL)
    # Between 1 and 2 the first coordinate falls by 0.1 and the second rises by 0.3.
    apart = (hinge(-0.1) + hinge(-0.3)) / 2
    assert found["apart"].item() == pytest.approx(apart, rel=1e-5)


def test_a_total_order_has_no_incomparable_pairs() -> None:
    pairs = IncomparablePairs(Reachability(3, [(0, 1), (1, 2)]), seed=0)
    assert "apart" not in objective(incomparable=pairs)(ALL)


def test_hybrid_time_is_drawn_to_its_targets() -> None:
    found = objective(times=TIMES + torch.tensor([0.5, 0.0]))(ALL)
    assert found["towards"].item() == pytest.approx(0.5**2 / 2)


def neural(n: int, e: int, **options: object) -> SpacetimeObjective:
    """An untrained neural spacetime on a random graph."""
    generator = torch.Generator().manual_seed(1)
    edges = torch.randint(n, (e, 2), generator=generator)
    spacetime = NeuralSpacetime(
        SnowflakeV2(dim=2), NeuralOrder(2, mixing="dense"), time_dim=2, directed=True
    )
    embedding = EmbeddedItems(Table(n, 4), spacetime, torch.arange(n))
    weights = torch.rand(e, generator=generator) + 0.1
    options = SpacetimeConfig(**options)  # type: ignore[arg-type]
    return SpacetimeObjective(embedding, edges, weights, options, order=True)


def test_a_batch_encodes_only_its_nodes_and_gives_what_all_nodes_would() -> None:
    torch.manual_seed(0)
    objective = neural(100, 300)
    items = torch.tensor([5, 250, 7, 7])
    seen: list[int] = []
    objective.embedding.embedder.register_forward_hook(
        lambda _module, inputs, _output: seen.append(len(inputs[0]))
    )
    batch = objective(items)["loss"]
    points = objective.embedding()
    edges, weights = objective.pairs[items], objective.targets[items]
    x, y = points[edges[:, 0]], points[edges[:, 1]]
    ratios = (objective.embedding.distance(x, y) / weights).log()
    gaps = objective.embedding.geometry.order_gap(x, y)
    direct = ratios.square().mean() + torch.nn.functional.softplus(10 * gaps + 1).mean() / 10
    torch.testing.assert_close(batch, direct)
    assert seen == [len(edges.unique()), 100]


@pytest.mark.parametrize("loss", ["squared", "log-ratio"])
@pytest.mark.parametrize("order_loss", ["published", "margin"])
def test_gradients_are_finite_even_for_events_at_one_place(loss: str, order_loss: str) -> None:
    torch.manual_seed(0)
    objective = neural(6, 30, loss=loss, order_loss=order_loss)
    objective.embedding.embedder.rows.data[:3] = 0.0
    objective(torch.arange(30))["loss"].backward()
    for name, parameter in objective.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    assert objective.embedding.embedder.rows.grad.abs().max() > 0


def test_the_margin_pulls_as_hard_on_an_edge_that_is_far_wrong() -> None:
    found = objective()
    found.embedding.embedder.rows.data[1, 1] = -50.0  # 0 -> 1 goes back by 50
    found(ALL)["time"].backward()
    assert found.embedding.embedder.rows.grad[1, 1] < -0.1


def test_calibration_makes_the_medians_agree_unless_distances_may_be_negative() -> None:
    embedding = objective().embedding
    embedding.calibrate(EDGES, WEIGHTS)
    assert embedding.scale.item() == pytest.approx(2 / 3)  # median weight 2, median distance 3
    signed = EmbeddedItems(Table(3, 1), Signed(1), torch.arange(3))
    signed.calibrate(EDGES, WEIGHTS)
    assert signed.scale.item() == 1


def test_the_order_of_edges_is_trained_where_other_pairs_have_distances() -> None:
    every = objective()(ALL)
    drawn = objective(ordered=EDGES[:1])(ALL)  # the one edge, whatever the pairs
    assert drawn["space"].item() == pytest.approx(every["space"].item())
    alone = np.mean([hinge(gap) for gap in GAPS[0]])
    assert drawn["time"].item() == pytest.approx(alone)
    assert every["time"].item() != pytest.approx(alone)
