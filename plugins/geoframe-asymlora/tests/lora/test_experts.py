"""Experts whose weights are one parameter, through peft's ``target_parameters``."""

import pytest
import torch
from peft import PeftModel
from transformers import AutoModel, MixtralConfig

from geoframe import ConfigError, DataError
from geoframe_asymlora.files.kohya import export_kohya
from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.lora.freezing import lora_layers

IDS = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]])
EXPERTS = {"layers.0.mlp.experts.gate_up_proj", "layers.0.mlp.experts.down_proj"}


def mixtral():
    torch.manual_seed(0)
    config = MixtralConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=24,
        vocab_size=32,
        head_dim=8,
        num_local_experts=3,
        num_experts_per_tok=2,
    )
    return AutoModel.from_config(config).eval()


def moved(adapter, model):
    """Attach an adapter and move what it trains away from zero."""
    adapted = adapter.attach(model).eval()
    with torch.no_grad():
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.add_(0.3 * torch.randn_like(parameter))
    return adapted


def output(model):
    with torch.no_grad():
        return model(IDS)[0]


@pytest.mark.parametrize(
    ("targets", "train"), [(("all-linear", "experts"), "B"), (("experts",), "A")]
)
def test_experts_are_adapted_exported_and_merged(targets, train, tmp_path):
    plain = output(mixtral())
    adapter = AsymmetricLoRA(rank=2, alpha=3, targets=targets, train=train, seed=1)
    adapted = moved(adapter, mixtral())
    assert set(lora_layers(adapted)) >= EXPERTS
    trained = [n for n, p in adapted.named_parameters() if p.requires_grad]
    assert all(f".lora_{train}." in name for name in trained)
    wanted = output(adapted)
    assert not torch.allclose(wanted, plain, atol=1e-3)
    adapter.save(tmp_path / "compact")
    adapter.export(tmp_path / "peft")
    for folder in ("compact", "peft"):
        again = AsymmetricLoRA.load(mixtral(), tmp_path / folder)
        assert torch.allclose(output(again.adapted.eval()), wanted, atol=1e-6)
        frozen = again.stored().layers["layers.0.mlp.experts.down_proj"]
        assert (frozen.train, frozen.rank, frozen.experts) == (train, 2, 3)
    in_peft = PeftModel.from_pretrained(mixtral(), tmp_path / "peft").eval()
    assert torch.allclose(output(in_peft), wanted, atol=1e-6)
    assert torch.allclose(output(adapter.merge()), wanted, atol=1e-5)


def test_each_expert_has_an_orthonormal_start_of_its_own():
    adapter = AsymmetricLoRA(rank=2, targets=("experts.down_proj",), seed=1)
    adapter.attach(mixtral())
    (layer,) = adapter.stored().layers.values()
    a = layer.a.reshape(3, 2, -1)
    for one in a:
        torch.testing.assert_close(one @ one.T, torch.eye(2), atol=1e-4, rtol=0)
    assert not torch.allclose(a[0], a[1])
    assert layer.b.shape == (16, 6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dropout": 0.1}, r"adapter\.dropout: experts"),
        ({"train": "auto"}, r"adapter\.train = 'auto': experts"),
        ({"init": "singular"}, r"adapter\.init: 'singular' is no start of experts"),
    ],
)
def test_what_experts_cannot_have_is_one_line(options, message):
    with pytest.raises(ConfigError, match=message):
        AsymmetricLoRA(rank=2, targets=("experts",), **options).attach(mixtral())


def test_files_without_a_place_for_experts(tmp_path):
    adapter = AsymmetricLoRA(rank=2, targets=("experts",), seed=1)
    adapter.attach(mixtral())
    with pytest.raises(DataError, match="kohya's files have no place"):
        export_kohya(adapter.stored(), tmp_path / "x.safetensors")
    adapter.export(tmp_path)
    (tmp_path / "asymlora.json").unlink()
    with pytest.raises(DataError, match="load it with peft"):
        AsymmetricLoRA.load(mixtral(), tmp_path)
