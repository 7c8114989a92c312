"""The lean forward pass: the gradients of plain peft, from less memory."""

import copy

import pytest
import torch
from adapted import moved
from peft import LoraConfig, get_peft_model
from tiny import batch, bert
from torch import nn

from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.lora.autograd import _mask, project
from geoframe_asymlora.lora.freezing import freeze_factors, lora_layers
from geoframe_asymlora.text.memory import saved_bytes


@pytest.mark.parametrize("train", ["A", "B", "both"])
def test_gradients_are_those_of_plain_peft(train):
    adapter = AsymmetricLoRA(rank=3, train=train, seed=2)
    ours = moved(adapter.attach(bert()))
    config = LoraConfig(r=3, lora_alpha=6, target_modules="all-linear", task_type="SEQ_CLS")
    plain = get_peft_model(bert(), config).eval()
    plain.load_state_dict(ours.state_dict())
    if train != "both":
        freeze_factors(plain, "A" if train == "B" else "B")
    for model in (ours, plain):
        model(**batch()).loss.backward()
    expected = dict(plain.named_parameters())
    for name, parameter in ours.named_parameters():
        assert (parameter.grad is None) == (expected[name].grad is None)
        if parameter.grad is not None:
            assert torch.allclose(parameter.grad, expected[name].grad, atol=1e-6), name


def test_the_mask_is_the_same_in_both_directions():
    x = torch.randn(6, 10, dtype=torch.float64, requires_grad=True)
    a = torch.randn(3, 10, dtype=torch.float64, requires_grad=True)

    def dropped(x, a):
        torch.manual_seed(4)
        return project(x, a, 0.4)

    assert torch.autograd.gradcheck(dropped, (x, a))
    mean = torch.stack([project(x, a, 0.4) for _ in range(4000)]).mean(0)
    assert torch.allclose(mean, x @ a.T, atol=0.35)
    torch.manual_seed(1)
    first = project(x, a, 0.4)
    assert not torch.equal(first, project(x, a, 0.4))


def test_the_mask_drops_the_wanted_share_independently():
    like = torch.Size((400, 501)), torch.float32, torch.device("cpu")
    mask = _mask(like, 0.3, 6)
    assert mask.unique().tolist() == pytest.approx([0, 1 / 0.7], abs=1e-4)
    assert (mask == 0).float().mean() == pytest.approx(0.3, abs=0.005)
    assert torch.equal(mask, _mask(like, 0.3, 6))
    flat = mask.flatten() - mask.mean()
    for lag in (1, 2, 3, 4, 501):  # four entries come from one random number
        assert abs((flat[:-lag] * flat[lag:]).mean() / flat.var()) < 0.01


def saved(model: nn.Module) -> int:
    return saved_bytes(model, lambda: model(**batch(8, 16)).loss)


def test_a_frozen_a_saves_the_layers_inputs():
    def ours(**options) -> int:
        return saved(AsymmetricLoRA(rank=2, **options).attach(bert()).train())

    def plain(**options) -> int:
        config = LoraConfig(r=2, target_modules="all-linear", task_type="SEQ_CLS", **options)
        return saved(get_peft_model(bert(), config).train())

    assert ours(train="both", init="kaiming") <= plain()
    assert ours() < 0.85 * plain()
    # Dropout costs nothing that is kept, while peft keeps a mask and a dropped copy.
    assert ours(dropout=0.1) == ours()
    assert plain(lora_dropout=0.1) > 1.2 * plain()
    assert ours(share_a=True) <= ours()


def test_what_is_kept_is_rank_numbers_a_token():
    layer = nn.Sequential(nn.Linear(64, 32, bias=False))
    adapted = AsymmetricLoRA(rank=4, seed=0).attach(layer)
    x = torch.randn(100, 64)
    assert saved_bytes(adapted, lambda: adapted(x).sum()) == 100 * 4 * 4
    a_trained = AsymmetricLoRA(rank=4, seed=0, train="A")
    adapted = a_trained.attach(nn.Sequential(nn.Linear(64, 32, bias=False)))
    assert saved_bytes(adapted, lambda: adapted(x).sum()) == 100 * 64 * 4


def test_a_shared_projection_is_computed_once_a_pass():
    adapter = AsymmetricLoRA(rank=2, seed=0, share_a=True, targets=("query", "key", "value"))
    adapted = moved(adapter.attach(bert()))
    twin = copy.deepcopy(adapted)
    first = adapted(**batch()).loss
    again = adapted(**batch()).loss  # with a graph of its own
    first.backward()
    again.backward()
    assert torch.equal(first, again)
    assert torch.equal(twin(**batch()).loss, first)
    apart = moved(AsymmetricLoRA(rank=2, seed=0, targets=("query", "key", "value")).attach(bert()))
    own, other = lora_layers(adapted), lora_layers(apart)
    for name, layer in other.items():
        layer.lora_A["default"].weight.data.copy_(own[name].lora_A["default"].weight)
        layer.lora_B["default"].weight.data.copy_(own[name].lora_B["default"].weight)
    assert torch.allclose(apart(**batch()).loss, first, atol=1e-6)
    with torch.no_grad():
        assert torch.allclose(adapted(**batch()).loss, first, atol=1e-6)


@pytest.mark.filterwarnings("ignore::FutureWarning")  # transformers 5 renames it
def test_gradient_checkpointing_gives_the_same_gradients():
    def gradients(checkpointing: bool) -> list[torch.Tensor]:
        adapter = AsymmetricLoRA(rank=2, seed=0, share_a=True, dropout=0.2)
        model = moved(adapter.attach(bert(hidden_dropout_prob=0.0))).train()
        if checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
            model.enable_input_require_grads()
        torch.manual_seed(9)
        model(**batch()).loss.backward()
        return [p.grad for p in model.parameters() if p.grad is not None and p.requires_grad]

    for plain, again in zip(gradients(False), gradients(True), strict=False):
        assert torch.allclose(plain, again, atol=1e-6)
