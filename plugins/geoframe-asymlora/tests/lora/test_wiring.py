"""Which layers of which model are adapted: small configs of the usual families."""

import pytest
import tiny
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from torch import nn
from transformers import (
    AutoModel,
    GPT2Config,
    LlamaConfig,
    MixtralConfig,
    Qwen3Config,
    T5Config,
    ViTConfig,
)

from geoframe import ConfigError, DataError
from geoframe_asymlora.files.kohya import export_kohya
from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.lora.freezing import lora_layers
from geoframe_asymlora.lora.targets import fused_experts
from geoframe_asymlora.verbs import asymlora

DECODER = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "intermediate_size": 24,
    "vocab_size": 32,
    "head_dim": 8,
}
ATTENTION = {"q_proj", "k_proj", "v_proj", "o_proj"}
FEED_FORWARD = {"gate_proj", "up_proj", "down_proj"}
MODELS = {
    "gpt2": (
        GPT2Config(n_embd=16, n_layer=1, n_head=2, vocab_size=32),
        {"c_attn", "c_proj", "c_fc"},
    ),
    "llama": (LlamaConfig(**DECODER), ATTENTION | FEED_FORWARD),
    "qwen": (Qwen3Config(**DECODER), ATTENTION | FEED_FORWARD),
    "mixtral": (
        MixtralConfig(**DECODER, num_local_experts=2, num_experts_per_tok=1),
        ATTENTION,
    ),
    "t5": (
        T5Config(d_model=16, d_kv=8, d_ff=24, num_layers=1, num_heads=2, vocab_size=32),
        {"q", "k", "v", "o", "wi", "wo"},
    ),
    "vit": (
        ViTConfig(
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=24,
            image_size=8,
            patch_size=4,
        ),
        None,
    ),
}


def inputs_of(name):
    if name == "vit":
        return {"pixel_values": torch.randn(2, 3, 8, 8)}
    ids = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]])
    return {"input_ids": ids, **({"decoder_input_ids": ids} if name == "t5" else {})}


@pytest.mark.parametrize("name", MODELS)
def test_every_linear_layer_is_adapted_and_merged(name):
    config, expected = MODELS[name]
    torch.manual_seed(0)
    model = AutoModel.from_config(config).eval()
    linear = {n.rpartition(".")[2] for n, m in model.named_modules() if isinstance(m, nn.Linear)}
    adapter = AsymmetricLoRA(rank=2, seed=1)
    adapted = adapter.attach(model).eval()
    found = {each.rpartition(".")[2] for each in lora_layers(adapted)}
    assert found == (expected or linear)
    trained = [n for n, p in adapted.named_parameters() if p.requires_grad]
    assert trained
    assert all(".lora_B." in n for n in trained)
    inputs = inputs_of(name)
    with torch.no_grad():
        before = adapted(**inputs)[0]
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.add_(0.3 * torch.randn_like(parameter))
        after = adapted(**inputs)[0]
        assert not torch.allclose(after, before, atol=1e-3)
        assert torch.allclose(adapter.merge()(**inputs)[0], after, atol=1e-5)


def test_experts_that_are_one_parameter_are_named():
    model = AutoModel.from_config(MODELS["mixtral"][0])
    ends = {name.rpartition(".")[2] for name in fused_experts(model)}
    assert ends == {"gate_up_proj", "down_proj"}
    assert fused_experts(tiny.bert()) == ()


def test_an_embedding_is_no_target_and_told_so():
    model = AutoModel.from_config(MODELS["mixtral"][0])
    with pytest.raises(ConfigError, match=r"adapter\.trained = \['embed_tokens'\]"):
        AsymmetricLoRA(rank=2, targets=("q_proj", "embed_tokens")).attach(model)


def test_an_embedding_is_trained_in_full():
    model = AutoModel.from_config(MODELS["llama"][0])
    adapted = AsymmetricLoRA(rank=2, trained=("embed_tokens",)).attach(model)
    trained = {n for n, p in adapted.named_parameters() if p.requires_grad and ".lora_" not in n}
    assert len(trained) == 1
    assert "embed_tokens" in trained.pop()


def test_a_model_without_linear_layers_is_refused_in_one_line():
    convolution = nn.Sequential(nn.Conv1d(3, 4, 2), nn.ReLU())
    with pytest.raises(ConfigError, match=r"no linear layer to adapt .* has weights is Conv1d"):
        AsymmetricLoRA(rank=2).attach(convolution)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        for name in ("q_proj", "k_proj", "v_proj"):
            self.add_module(name, nn.Linear(6, 6))

    def forward(self, x):
        return self.q_proj(x) + self.k_proj(x) * self.v_proj(x)


def test_one_graph_holds_the_adapters():
    adapted = AsymmetricLoRA(rank=3, seed=1, dropout=0.2, share_a=True).attach(Attention())
    torch._dynamo.reset()
    compiled = torch.compile(adapted.train(), backend="eager", fullgraph=True)
    compiled(torch.randn(2, 6)).sum().backward()
    assert all(p.grad is not None for p in adapted.parameters() if p.requires_grad)


def test_names_of_kohyas_files_are_written_and_read(tmp_path):
    def model():
        torch.manual_seed(0)
        return AutoModel.from_config(MODELS["llama"][0]).eval()

    adapter = AsymmetricLoRA(rank=2, alpha=3, seed=1)
    adapted = adapter.attach(model())
    with torch.no_grad():
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.add_(0.3 * torch.randn_like(parameter))
    adapter.save(tmp_path / "compact")
    command = ["export", str(tmp_path / "compact"), "-o", str(tmp_path / "out"), "--kohya"]
    done = CliRunner().invoke(asymlora, [*command, "lora_te_"])
    assert done.exit_code == 0, done.output
    file = tmp_path / "out" / "lora.safetensors"
    assert "lora_te_layers_0_self_attn_q_proj.lora_down.weight" in load_file(file)
    again = AsymmetricLoRA.load(model(), file).adapted.eval()
    inputs = inputs_of("llama")
    with torch.no_grad():
        assert torch.allclose(again(**inputs)[0], adapted.eval()(**inputs)[0], atol=1e-6)


def test_a_classifier_has_no_place_in_kohyas_files(tmp_path):
    adapter = AsymmetricLoRA(rank=2)
    adapter.attach(tiny.bert())
    with pytest.raises(DataError, match=r"'classifier\.\w+', trained in full"):
        export_kohya(adapter.stored(), tmp_path / "x.safetensors")
