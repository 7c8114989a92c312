import pytest
import torch
from torch import Tensor, nn

from geoframe import ConfigError
from geoframe_lgi.latent.edges import Edges
from geoframe_lgi.network.layers import MeanLayer, graph_layer

geometric = pytest.importorskip("torch_geometric", reason="needs torch-geometric")


def drawn(n: int = 30, k: int = 4) -> Edges:
    generator = torch.Generator().manual_seed(0)
    others = torch.stack([torch.randperm(n - 1, generator=generator)[:k] for _ in range(n)])
    own = torch.arange(n).unsqueeze(1)
    return Edges.regular(others + (others >= own))


def test_the_mean_layer_is_a_gcn_where_all_in_degrees_are_equal() -> None:
    torch.manual_seed(0)
    x, edges = torch.randn(30, 5), drawn()
    gcn, mean = graph_layer("gcn", 5, 3), MeanLayer(5, 3)
    with torch.no_grad():
        mean.linear.weight.copy_(gcn.layer.lin.weight)  # type: ignore[union-attr]
        mean.linear.bias.copy_(gcn.layer.bias)  # type: ignore[union-attr]
    assert torch.allclose(gcn(x, edges), mean(x, edges), atol=1e-5)


def test_the_mean_is_the_same_by_gather_and_by_scatter() -> None:
    x, edges = torch.randn(30, 5), drawn()
    scattered = Edges.of_pairs(30, edges.index[:, torch.randperm(120)])
    assert torch.allclose(edges.mean(x), scattered.mean(x), atol=1e-6)
    assert torch.allclose(edges.around(x), scattered.around(x), atol=1e-6)


@pytest.mark.parametrize("name", ["gcn", "gat", "sage", "edge", "gin", "GATv2Conv", "GraphConv"])
def test_layers_of_pyg_by_name(name: str) -> None:
    layer = graph_layer(name, 5, 3)
    assert layer(torch.randn(30, 5), drawn()).shape == (30, 3)


class Sum(nn.Module):
    """A user's own layer."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        source, target = edge_index
        result: Tensor = torch.zeros(len(x), self.linear.out_features).index_add(
            0, target, self.linear(x)[source]
        )
        return result


def test_a_user_s_own_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import ModuleType

    module = ModuleType("mine")
    module.Sum = Sum  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mine", module)
    assert graph_layer("mine:Sum", 5, 3)(torch.randn(30, 5), drawn()).shape == (30, 3)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gatt", "did you mean 'gat'"),
        ("nowhere:Layer", "cannot be imported"),
        ("torch.nn:ReLU", "not built from two widths|ReLU"),
    ],
)
def test_wrong_names_are_one_line(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        graph_layer(name, 5, 3)
