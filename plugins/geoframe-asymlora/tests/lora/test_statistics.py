"""Adapters that look at data: principal directions, and the choice of the factor."""

import pytest
import torch
from tiny import batch, bert
from torch import nn

from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.lora.freezing import lora_layers
from geoframe_asymlora.lora.statistics import (
    LayerStatistics,
    better_factor,
    collect,
    principal_rows,
)
from geoframe_asymlora.lora.targets import find_targets


def data(d: int, decay: float, rows: int = 2000) -> torch.Tensor:
    generator = torch.Generator().manual_seed(2)
    scale = torch.arange(1, d + 1) ** -decay
    return torch.randn(rows, d, generator=generator) * scale


def test_statistics_are_those_of_the_data():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 5), nn.Linear(5, 4)).train()
    model[0].bias.requires_grad_(False)
    x, y = data(6, 0.5, 40), torch.randn(40, 4)

    def passes(given):
        for rows in range(0, 40, 10):
            yield (given(x[rows : rows + 10]) - y[rows : rows + 10]).square().mean()

    targets = find_targets(model, targets=["0"], rank=2, ranks={})
    [(target, found)] = collect(model, targets, passes, gradients=True)
    assert target.name == "0"
    assert torch.allclose(found.moment, (x.T @ x).double() / 40, atol=1e-5)
    model(x).sub(y).square().mean().backward()
    assert torch.allclose(found.gradient.float(), model[0].weight.grad, atol=1e-5)
    # The model is left as it was.
    assert model.training
    assert model[0].weight.requires_grad
    assert not model[0].bias.requires_grad
    assert not model[0]._forward_pre_hooks


def test_principal_rows_keep_the_energy_of_a_random_frame():
    moment = torch.diag(torch.tensor([9.0, 4.0, 1.0, 1.0])).double()
    for scale in ("matched", "whitened"):
        rows = principal_rows(moment, 2, scale)
        assert torch.trace(rows @ moment @ rows.T) == pytest.approx(2 / 4 * 15)
    whitened = principal_rows(moment, 2, "whitened") @ moment
    assert torch.linalg.cond(whitened @ principal_rows(moment, 2, "whitened").T) == pytest.approx(1)
    assert torch.allclose(principal_rows(moment, 2, "orthonormal"), torch.eye(4).double()[:2])


def test_pca_takes_the_principal_directions_of_each_layer():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(12, 10), nn.Tanh(), nn.Linear(10, 3))
    x = data(12, 1.0)
    hidden = model[:2](x).detach()
    adapter = AsymmetricLoRA(rank=2, init="pca", pca="orthonormal")
    adapted = adapter.attach(model, lambda given: (given(part).sum() for part in x.split(500)))
    for name, inputs in (("0", x), ("2", hidden)):
        a = lora_layers(adapted)[name].lora_A["default"].weight
        values, vectors = torch.linalg.eigh((inputs.T @ inputs / len(x)).double())
        assert values[-1] > 0
        overlap = (a.double() @ vectors[:, -2:]).square().sum()
        assert overlap == pytest.approx(2, abs=1e-3)


def test_the_choice_follows_the_theory():
    # Change along directions of high variance: B. Along those of low variance: A.
    moment = torch.diag(torch.tensor([1.0, 0.1, 0.01])).double()
    high = torch.tensor([[1.0, 0, 0], [1.0, 0, 0]]).double()
    low = torch.tensor([[0, 0, 1.0], [0, 0, 1.0]]).double()
    assert better_factor(LayerStatistics(moment=moment, gradient=high)) == "B"
    assert better_factor(LayerStatistics(moment=moment, gradient=low)) == "A"


def test_auto_chooses_layer_by_layer(tmp_path):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
    x, y = data(8, 1.5), torch.randn(2000, 8)

    def passes(given):
        yield (given(x) - y).square().mean()

    adapter = AsymmetricLoRA(rank=2, train="auto", seed=0)
    adapted = adapter.attach(model, passes)
    chosen = {name: layer.train for name, layer in adapter.stored().layers.items()}
    for name, layer in lora_layers(adapted).items():
        trained = {"A": layer.lora_A, "B": layer.lora_B}[chosen[name]]["default"].weight
        frozen = {"B": layer.lora_A, "A": layer.lora_B}[chosen[name]]["default"].weight
        assert trained.requires_grad
        assert not frozen.requires_grad
        assert not trained.any()
        assert frozen.any()
    adapter.save(tmp_path)
    fresh = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
    loaded = AsymmetricLoRA.load(fresh, tmp_path).stored().layers
    assert {name: layer.train for name, layer in loaded.items()} == chosen


def test_only_frozen_factors_are_shared(monkeypatch):
    import geoframe_asymlora.lora.initialization as starting

    choices = iter(["B", "A", "B"])
    monkeypatch.setattr(starting, "better_factor", lambda statistics: next(choices))
    model = bert(num_hidden_layers=1)
    names = ("query", "key", "value")
    adapter = AsymmetricLoRA(rank=2, train="auto", share_a=True, targets=names, seed=0)
    layers = lora_layers(adapter.attach(model, lambda given: [given(**batch()).loss]))
    a = [layers[f"bert.encoder.layer.0.attention.self.{n}"].lora_A["default"] for n in names]
    assert a[0].weight is a[2].weight
    assert a[1].weight is not a[0].weight
    assert [each.weight.requires_grad for each in a] == [False, True, False]
