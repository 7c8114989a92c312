"""The adapter on real architectures: merging, files, options."""

import json

import pytest
import torch
from adapted import attached, logits, moved
from hypothesis import given, settings
from hypothesis import strategies as st
from peft import PeftModel
from tiny import batch, bert
from torch import nn
from transformers import AutoModelForCausalLM

from geoframe import ConfigError, DataError
from geoframe_asymlora.files.adapter_file import read_adapter
from geoframe_asymlora.files.export import export_peft
from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.lora.freezing import lora_layers

OPTIONS = [
    {},
    {"train": "A"},
    {"train": "both", "init": "kaiming"},
    {"init": "singular"},
    {"rank_stabilized": True, "alpha": 5.0, "ranks": {"layer.1.*": 2}},
    {"share_a": True, "dropout": 0.2},
    {"targets": ("query", "layer.0.output.dense")},
]


def name_of(options) -> str:
    return ",".join(f"{key}={value}" for key, value in options.items()) or "defaults"


@pytest.mark.parametrize("options", OPTIONS, ids=name_of)
def test_an_untrained_adapter_changes_nothing(options):
    model = bert()
    before = logits(model)
    adapted = AsymmetricLoRA(**{"rank": 3, **options}).attach(model)
    assert torch.equal(logits(adapted), before)


@pytest.mark.parametrize("options", OPTIONS, ids=name_of)
def test_merging_keeps_the_outputs(options):
    adapter = attached(**options)
    expected = logits(adapter.adapted)
    assert not torch.allclose(expected, logits(bert()), atol=1e-2)
    adapter.adapted.merge_adapter()
    assert torch.allclose(logits(adapter.adapted), expected, atol=1e-6)
    adapter.adapted.unmerge_adapter()
    assert torch.allclose(logits(adapter.adapted), expected, atol=1e-6)
    merged = adapter.merge()
    assert type(merged) is type(bert())
    assert torch.allclose(logits(merged), expected, atol=1e-6)


@pytest.mark.parametrize("options", OPTIONS, ids=name_of)
def test_plain_peft_loads_the_export(options, tmp_path):
    adapter = attached(**options)
    expected = logits(adapter.adapted)
    files = adapter.export(tmp_path / "export")
    assert all(path.exists() for path in files)
    plain = PeftModel.from_pretrained(bert(), str(tmp_path / "export"))
    assert torch.allclose(logits(plain), expected, atol=1e-6)
    adapter.adapted.save_pretrained(tmp_path / "peft")  # peft's own save writes the same
    plain = PeftModel.from_pretrained(bert(), str(tmp_path / "peft"))
    assert torch.allclose(logits(plain), expected, atol=1e-6)


@pytest.mark.parametrize("options", OPTIONS, ids=name_of)
def test_compact_files_give_the_same_model(options, tmp_path):
    adapter = attached(**options)
    expected = logits(adapter.adapted)
    adapter.save(tmp_path)
    loaded = AsymmetricLoRA.load(bert(), tmp_path)
    assert torch.equal(logits(loaded.adapted), expected)
    export_peft(read_adapter(tmp_path), tmp_path / "export")
    plain = PeftModel.from_pretrained(bert(), str(tmp_path / "export"))
    assert torch.allclose(logits(plain), expected, atol=1e-6)


def test_compact_files_hold_what_was_trained_and_a_seed(tmp_path):
    def numbers(**options) -> int:
        folder = tmp_path / name_of(options)
        attached(**options).save(folder)
        return (folder / "asymlora.safetensors").stat().st_size

    both = {"train": "both", "init": "kaiming", "rank": 8}
    assert numbers(rank=8) < 0.62 * numbers(**both)  # headers included
    # Starts that no seed gives again are stored.
    assert numbers(rank=8, init="singular") > 0.95 * numbers(**both)


def test_another_frozen_factor_is_noticed(tmp_path):
    attached().save(tmp_path)
    path = tmp_path / "asymlora.json"
    options = json.loads(path.read_text())
    first = next(iter(options["layers"]))
    options["layers"][first]["draw"]["seed"] += 1
    path.write_text(json.dumps(options))
    with pytest.raises(DataError, match="comes out differently on this machine; export"):
        read_adapter(tmp_path)


def test_files_that_do_not_fit_are_one_line(tmp_path):
    attached().save(tmp_path)
    with pytest.raises(DataError, match=r"no layer .* is it another model"):
        AsymmetricLoRA.load(nn.Sequential(nn.Linear(3, 4)), tmp_path)
    with pytest.raises(DataError, match="the adapter's"):
        AsymmetricLoRA.load(bert(intermediate_size=40), tmp_path)
    with pytest.raises(DataError, match="no LoRA adapter"):
        read_adapter(tmp_path / "nothing")


def test_conv1d_of_gpt2(gpt_folder, tmp_path):
    def model() -> nn.Module:
        return AutoModelForCausalLM.from_pretrained(gpt_folder).eval()

    ids = {"input_ids": torch.arange(5, 12).unsqueeze(0)}
    adapter = AsymmetricLoRA(rank=3, seed=0)
    moved(adapter.attach(model()))
    assert len(lora_layers(adapter.adapted)) == 8  # two blocks of four; not the output layer
    expected = adapter.adapted(**ids).logits
    assert not torch.allclose(expected, model()(**ids).logits, atol=1e-2)
    adapter.export(tmp_path)
    plain = PeftModel.from_pretrained(model(), str(tmp_path))
    assert torch.allclose(plain(**ids).logits, expected, atol=1e-6)
    assert torch.allclose(adapter.merge()(**ids).logits, expected, atol=1e-5)


def test_ranks_and_scales_of_layers():
    adapter = attached(rank=4, ranks={"layer.0.*query": 2}, alpha=8.0, rank_stabilized=True)
    layers = lora_layers(adapter.adapted)
    small = layers["bert.encoder.layer.0.attention.self.query"]
    other = layers["bert.encoder.layer.1.attention.self.query"]
    assert (small.r["default"], other.r["default"]) == (2, 4)
    assert small.scaling["default"] == pytest.approx(8 / 2**0.5)
    assert other.scaling["default"] == pytest.approx(8 / 4**0.5)
    with pytest.raises(ConfigError, match=r"adapter\.ranks: no layer matches 'nothing'"):
        attached(ranks={"nothing": 2})
    with pytest.raises(ConfigError, match=r"adapter\.targets: no layer matches 'nothing'"):
        attached(targets=("nothing",))


def test_a_shared_factor_is_one_parameter():
    layers = lora_layers(attached(share_a=True).adapted)
    first = "bert.encoder.layer.0.attention.self."
    a = [layers[f"{first}{name}"].lora_A["default"].weight for name in ("query", "key", "value")]
    assert a[0] is a[1] is a[2]
    output = layers["bert.encoder.layer.0.attention.output.dense"].lora_A["default"].weight
    assert not torch.equal(output, a[0])


def test_draws_do_not_depend_on_the_other_layers():
    one = lora_layers(attached(targets=("value",)).adapted)
    all_ = lora_layers(attached().adapted)
    for name, layer in one.items():
        same = all_[name].lora_A["default"].weight
        assert torch.equal(layer.lora_A["default"].weight, same)


def test_a_bfloat16_model_keeps_float32_adapters():
    adapter = AsymmetricLoRA(rank=2, seed=0, targets=("query",))
    adapted = adapter.attach(bert().to(torch.bfloat16))
    weights = {p.dtype for name, p in adapted.named_parameters() if ".lora_" in name}
    assert weights == {torch.float32}
    loss = adapted(**batch()).loss
    loss.backward()
    layer = next(iter(lora_layers(adapted).values()))
    assert layer.lora_B["default"].weight.grad.dtype == torch.float32


@settings(max_examples=20)
@given(seed=st.integers(0, 2**63 - 1), rank=st.integers(1, 5), scale=st.floats(0.1, 10))
def test_the_update_is_what_the_formula_says(seed, rank, scale):
    layer = nn.Linear(7, 5).double()
    x = torch.randn(3, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    plain = layer(x)
    adapter = AsymmetricLoRA(rank=rank, alpha=scale * rank, seed=seed)
    adapted = moved(adapter.attach(nn.Sequential(layer)))
    stored = adapter.stored().layers["0"]
    expected = plain + scale * x @ (stored.b @ stored.a).T.double()
    assert torch.allclose(adapted(x), expected, atol=1e-5)
