"""The kit catches broken adapters, each by the check of the right name."""

import json

import pytest
import safetensors.torch
import torch
from torch import nn

from geoframe import Adapter
from geoframe.testing import ADAPTER_CHECKS, check_adapter


class ScaledLinear(nn.Module):
    """A linear map whose outputs are multiplied by trained factors, 1 at the start."""

    def __init__(self, linear):
        super().__init__()
        self.linear = linear
        self.factors = nn.Parameter(torch.ones(linear.out_features))

    def forward(self, x):
        return self.linear(x) * self.factors


class OutputScales(Adapter):
    def attach(self, model, passes=None):
        model.requires_grad_(False)
        for name, child in model.named_children():
            if isinstance(child, nn.Linear):
                setattr(model, name, ScaledLinear(child))
        self.adapted = model
        return model

    def layers(self):
        return {
            name: child
            for name, child in self.adapted.named_children()
            if isinstance(child, ScaledLinear)
        }

    @torch.no_grad()
    def merge(self):
        for name, layer in self.layers().items():
            layer.linear.weight.mul_(layer.factors.unsqueeze(1))
            layer.linear.bias.mul_(layer.factors)
            setattr(self.adapted, name, layer.linear)
        return self.adapted

    def save(self, path):
        factors = {name: layer.factors.detach() for name, layer in self.layers().items()}
        safetensors.torch.save_file(factors, path / "adapter.safetensors")
        (path / "adapter.json").write_text(json.dumps({"kind": "output scales"}))

    @classmethod
    def load(cls, model, path):
        adapter = cls()
        adapter.attach(model)
        factors = safetensors.torch.load_file(path / "adapter.safetensors")
        with torch.no_grad():
            for name, layer in adapter.layers().items():
                layer.factors.copy_(factors[name])
        return adapter


class FreezesNothing(OutputScales):
    def attach(self, model, passes=None):
        return super().attach(model).requires_grad_(True)


class TrainsNothing(OutputScales):
    def attach(self, model, passes=None):
        return super().attach(model).requires_grad_(False)


class Unused(OutputScales):
    def attach(self, model, passes=None):
        model = super().attach(model)
        model.register_parameter("unused", nn.Parameter(torch.ones(1)))
        return model


class Overwrites(OutputScales):
    def attach(self, model, passes=None):
        for parameter in model.parameters():
            parameter.data.mul_(0.5)
        return super().attach(model)


class MergesHalf(OutputScales):
    @torch.no_grad()
    def merge(self):
        for name, layer in self.layers().items():
            setattr(self.adapted, name, layer.linear)
        return self.adapted


class NeverMerges(OutputScales):
    def merge(self):
        return self.adapted


class SavesNothing(OutputScales):
    def save(self, path):
        pass


class Pickles(OutputScales):
    def save(self, path):
        super().save(path)
        torch.save({}, path / "options.pt")


class ForgetsItsModel(OutputScales):
    def attach(self, model, passes=None):
        adapted = super().attach(model)
        self.adapted = model[0]
        return adapted


class LoadsFrozen(OutputScales):
    @classmethod
    def load(cls, model, path):
        adapter = super().load(model, path)
        adapter.adapted.requires_grad_(False)
        return adapter


BROKEN = {
    FreezesNothing: "only_the_adapter_is_trained",
    TrainsNothing: "only_the_adapter_is_trained",
    Unused: "gradient_reaches_the_adapter",
    Overwrites: "attaching_keeps_pretrained_weights",
    MergesHalf: "merged_model_gives_the_same_outputs",
    NeverMerges: "merged_model_gives_the_same_outputs",
    SavesNothing: "saved_adapter_gives_the_same_outputs",
    Pickles: "saved_adapter_gives_the_same_outputs",
    ForgetsItsModel: "only_the_adapter_is_trained",
    LoadsFrozen: "loaded_adapter_trains_the_same_parameters",
}


@pytest.mark.parametrize("given", [OutputScales, OutputScales()], ids=["class", "object"])
def test_a_sound_adapter_passes(given):
    report = check_adapter(given)
    assert report.ok, str(report)
    assert report.number_run == len(ADAPTER_CHECKS)


@pytest.mark.parametrize("adapter", BROKEN, ids=lambda each: each.__name__)
def test_a_broken_adapter_is_caught_by_name(adapter):
    assert BROKEN[adapter] in {outcome.name for outcome in check_adapter(adapter).failures}


def test_every_check_is_known_to_catch_something():
    assert set(BROKEN.values()) == {check.__name__ for check in ADAPTER_CHECKS}


def test_a_model_of_ones_own_is_copied():
    model = nn.Sequential(nn.Linear(3, 2))
    before = model[0].weight.clone()
    assert check_adapter(OutputScales, model, torch.randn(4, 3)).ok
    assert torch.equal(model[0].weight, before)
    assert model[0].weight.requires_grad
