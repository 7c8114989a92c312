"""A frozen factor stays frozen, whatever is called."""

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tiny import batch, bert
from torch import nn

from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.lora.freezing import freeze_factors, lora_layers
from geoframe_asymlora.text.memory import costs

OTHER = LoraConfig(r=2, target_modules=["query"], init_lora_weights=False)


def trained_factors(model: nn.Module, adapter: str = "default") -> set[str]:
    """Return which of A and B require gradients in the layers of an adapter."""
    return {
        factor
        for layer in lora_layers(model, adapter).values()
        for factor, weights in (("A", layer.lora_A), ("B", layer.lora_B))
        if weights[adapter].weight.requires_grad
    }


@pytest.fixture(params=["A", "B"])
def adapted(request):
    adapter = AsymmetricLoRA(rank=2, train=request.param, targets=("query", "value"))
    return adapter.attach(bert()), {request.param}


def test_survives_disable_adapter(adapted):
    model, expected = adapted
    with model.disable_adapter():
        assert trained_factors(model) == set()
    assert trained_factors(model) == expected


def test_survives_set_adapter(adapted):
    model, expected = adapted
    model.set_adapter("default")
    assert trained_factors(model) == expected


def test_survives_adding_an_adapter_and_switching(adapted):
    model, expected = adapted
    model.add_adapter("other", OTHER)
    assert trained_factors(model) == expected
    model.set_adapter("other")
    assert trained_factors(model) == set()
    assert trained_factors(model, "other") == {"A", "B"}
    model.set_adapter("default")
    assert trained_factors(model) == expected


def test_survives_deleting_another_adapter(adapted):
    model, expected = adapted
    model.add_adapter("other", OTHER)
    model.delete_adapter("other")
    assert trained_factors(model) == expected


def test_survives_set_requires_grad(adapted):
    model, expected = adapted
    model.set_requires_grad("default", requires_grad=False)
    assert trained_factors(model) == set()
    model.set_requires_grad("default", requires_grad=True)
    assert trained_factors(model) == expected


def test_survives_merging_and_unmerging(adapted):
    model, expected = adapted
    model.merge_adapter()
    model.unmerge_adapter()
    assert trained_factors(model) == expected


def test_survives_measuring_the_cost_of_modes(adapted):
    model, expected = adapted
    costs(model, (), lambda: model(**batch()).loss)
    assert trained_factors(model) == expected


def test_survives_save_and_load(adapted, tmp_path):
    model, expected = adapted
    # plain peft forgets, also for our own exports ...
    model.save_pretrained(tmp_path)
    plain = PeftModel.from_pretrained(bert(), str(tmp_path), is_trainable=True)
    assert trained_factors(plain) == {"A", "B"}
    # ... until it is told.
    frozen = "A" if expected == {"B"} else "B"
    freeze_factors(plain, frozen)
    assert trained_factors(plain) == expected
    with plain.disable_adapter():
        pass
    assert trained_factors(plain) == expected


@pytest.mark.parametrize("form", ["save", "export"])
def test_survives_our_own_save_and_load(form, tmp_path):
    adapter = AsymmetricLoRA(rank=2, targets=("query", "value"))
    adapter.attach(bert())
    getattr(adapter, form)(tmp_path)
    loaded = AsymmetricLoRA.load(bert(), tmp_path)
    assert trained_factors(loaded.adapted) == {"B"}
    with loaded.adapted.disable_adapter():
        pass
    assert trained_factors(loaded.adapted) == {"B"}


def test_adapters_of_transformers_own_mixin_can_be_frozen(monkeypatch):
    # transformers 5.24 asks for a peft that was not released with it; the mixin works without.
    monkeypatch.setattr("transformers.integrations.peft.MIN_PEFT_VERSION", "0.21.0")
    model = bert()
    model.add_adapter(LoraConfig(r=2, target_modules=["query", "value"]))
    assert trained_factors(model) == {"A", "B"}
    freeze_factors(model, "A")
    model.disable_adapters()
    model.enable_adapters()
    model.set_adapter("default")
    assert trained_factors(model) == {"B"}


def test_layers_do_not_share_what_is_frozen():
    model = get_peft_model(bert(), LoraConfig(r=2, target_modules=["query", "value"]))
    names = list(lora_layers(model))
    freeze_factors(model, {names[0]: "A", names[1]: "B"})
    layers = lora_layers(model)
    assert not layers[names[0]].lora_A["default"].weight.requires_grad
    assert layers[names[1]].lora_A["default"].weight.requires_grad
    assert not layers[names[1]].lora_B["default"].weight.requires_grad
    assert layers[names[2]].lora_A["default"].weight.requires_grad


def test_training_moves_the_trained_factor_only(adapted):
    model, expected = adapted
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.1)
    for _ in range(2):
        model(**batch()).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    moved = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    factors = {name.split(".lora_")[1][0] for name in moved if ".lora_" in name}
    assert factors == expected
    assert all(".lora_" in name or "classifier" in name for name in moved)
