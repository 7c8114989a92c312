import pytest
import torch
from torch import nn

import geoframe
from geoframe.embedders.mlp import MLP
from geoframe_lgi.latent.continuous import ContinuousGraphModule
from geoframe_lgi.latent.discrete import DiscreteGraphModule
from geoframe_lgi.latent.edges import DenseEdges, Edges
from geoframe_lgi.latent.encoders import GraphEncoder
from geoframe_lgi.sampling.race import Race


def module(dim: int = 3, *, name: str = "euclidean", start: bool = True) -> DiscreteGraphModule:
    torch.manual_seed(0)
    geometry = geoframe.build("geometry", name, dim=dim)
    encoder = MLP(6, dim, hidden=8, layers=1)
    axes = torch.randn(6, dim) if start else None
    return DiscreteGraphModule(encoder, geometry, Race(k=4), start=axes)


def rows(n: int = 40) -> torch.Tensor:
    return torch.randn(n, 6, generator=torch.Generator().manual_seed(1))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_latents_are_standardised_whatever_the_scale_of_the_inputs() -> None:
    graph = module()
    points = graph.points(1e-4 * rows())
    assert torch.allclose(points.mean(dim=0), torch.zeros(3), atol=1e-5)
    assert torch.allclose(points.std(dim=0, correction=0), torch.ones(3), atol=1e-4)


def test_log_p_is_that_of_the_drawn_edges_and_trains_points_and_temperature() -> None:
    graph = module()
    graph.calibrate(rows(), generator())
    sample = graph(rows(), generator())
    assert isinstance(sample.edges, Edges)
    assert sample.edges.neighbors is not None
    assert sample.log_p is not None
    apart = sample.points.unsqueeze(1) - sample.points[sample.edges.neighbors]
    expected = -graph.temperature * apart.square().sum(dim=-1)
    assert torch.allclose(sample.log_p, expected, rtol=1e-4, atol=1e-5)
    sample.log_p.sum().backward()
    for parameter in (graph.log_factor, graph.start, graph.share):
        assert parameter is not None
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ["hyperboloid", "sphere", "snowflake", "euclidean"])
def test_gradients_are_finite_with_equal_rows_and_edges_to_oneself(name: str) -> None:
    graph = module(name=name)
    graph.race = Race(k=4, self_edges=True)
    inputs = rows().repeat(2, 1)
    sample = graph(inputs, generator())
    assert sample.log_p is not None
    sample.log_p.sum().backward()
    for parameter in graph.parameters():
        if parameter.grad is not None:
            assert torch.isfinite(parameter.grad).all()


def test_a_new_row_draws_training_rows_whatever_its_company() -> None:
    graph = module()
    graph.calibrate(rows(), generator())
    new = torch.randn(5, 6, generator=generator(3))
    together = graph(torch.cat([rows(), new]), generator(), rows=40, seeds=[1, 2, 3, 4, 5])
    alone = graph(torch.cat([rows(), new[2:3]]), generator(), rows=40, seeds=[3])
    before = graph(rows(), generator())
    assert together.new is not None
    assert alone.new is not None
    assert torch.equal(together.new[2], alone.new[0])
    assert together.new.max() < 40
    assert torch.equal(together.edges.neighbors[:40], before.edges.neighbors)
    assert torch.allclose(together.points[:40], before.points, atol=1e-6)


def test_a_copy_of_a_training_row_has_that_row_as_its_likeliest_source() -> None:
    graph = module()
    graph.calibrate(rows(), generator())
    again = graph(torch.cat([rows(), rows()]), generator(), rows=40, seeds=range(40))
    assert again.new is not None
    found = (again.new == torch.arange(40).unsqueeze(1)).any(dim=1)
    assert found.double().mean() > 0.6  # 0.1 by chance


def test_continuous_weights_are_sigmoids_of_distances_below_a_threshold() -> None:
    torch.manual_seed(0)
    geometry = geoframe.build("geometry", "euclidean", dim=2)
    graph = ContinuousGraphModule(nn.Linear(6, 2), geometry, Race())  # type: ignore[arg-type]
    sample = graph(rows(), generator())
    assert isinstance(sample.edges, DenseEdges)
    assert torch.allclose(sample.edges.weights.sum(dim=1), torch.ones(40), atol=1e-5)
    raw = graph.encoder(rows())
    placed = (raw - raw.mean(dim=0)) * 0.9 / (raw - raw.mean(dim=0)).abs().max()
    weights = torch.sigmoid(0.5 - torch.cdist(placed, placed).square())
    expected = weights / weights.sum(dim=1, keepdim=True)
    assert torch.allclose(sample.edges.weights, expected, atol=1e-5)
    sample.edges.weights.square().sum().backward()
    assert graph.slope.grad is not None


def test_new_rows_weigh_training_rows_alone() -> None:
    torch.manual_seed(0)
    geometry = geoframe.build("geometry", "euclidean", dim=2)
    graph = ContinuousGraphModule(nn.Linear(6, 2), geometry, Race())  # type: ignore[arg-type]
    graph.calibrate(rows())
    before = graph(rows(), generator())
    sample = graph(torch.cat([rows(), rows(7)]), generator(), rows=40)
    assert isinstance(sample.edges, DenseEdges)
    assert isinstance(before.edges, DenseEdges)
    assert torch.allclose(sample.edges.weights[:40, :40], before.edges.weights, atol=1e-6)
    assert (sample.edges.weights[:, 40:] == 0).all()


def test_an_encoder_with_graph_layers_sees_the_bound_graph() -> None:
    torch.manual_seed(0)
    encoder = GraphEncoder(6, 2)
    alone = encoder(rows())
    encoder.on_graph(torch.tensor([[0, 1], [2, 1]]), None, None)
    bound = encoder(rows())
    changed = (alone != bound).any(dim=1).nonzero().squeeze(1)
    assert changed.tolist() == [1]
    assert torch.allclose(bound[1], encoder.layers[0].linear(rows()[[0, 1, 2]].mean(dim=0)))
