"""Trained parameters and saved memory of the modes, by the counts of the paper's formulas."""

import pytest
import torch
from tiny import batch, bert
from transformers import AutoModelForSequenceClassification

from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.lora.freezing import lora_layers
from geoframe_asymlora.lora.targets import find_targets
from geoframe_asymlora.text.memory import costs

HEAD = ("classifier",)


def test_counts_are_those_of_the_shapes():
    model = bert()
    own = sum(parameter.numel() for parameter in model.parameters())
    targets = find_targets(model, targets=["all-linear"], rank=3, ranks={}, left_out=HEAD)
    adapted = AsymmetricLoRA(rank=3, train="both").attach(model).train()
    found = costs(adapted, HEAD, lambda: adapted(**batch(8, 16)).loss)
    for mode, expected in (
        ("A", sum(3 * target.d_in for target in targets)),
        ("B", sum(3 * target.d_out for target in targets)),
        ("both", sum(3 * (target.d_in + target.d_out) for target in targets)),
        ("head", 0),
        ("full", own - 2 * 24 - 2),
    ):
        assert found[mode].trained == expected, mode
        assert found[mode].head == 2 * 24 + 2
    assert found["head"].saved < found["B"].saved < found["A"].saved <= found["both"].saved
    assert found["both"].saved < 1.1 * found["full"].saved
    assert found["B"].optimizer == 12 * (found["B"].trained + 50)


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_dropout_costs_memory_in_peft_alone(dropout):
    adapted = AsymmetricLoRA(rank=3, train="both", dropout=dropout).attach(bert()).train()
    forwards = [dict(layer.lora_variant) for layer in lora_layers(adapted).values()]
    found = costs(adapted, HEAD, lambda: adapted(**batch(8, 16)).loss)
    assert found["peft"].trained == found["both"].trained
    ratio = found["peft"].saved / found["both"].saved
    assert ratio > 1.2 if dropout else ratio == pytest.approx(1, abs=0.02)
    assert [dict(layer.lora_variant) for layer in lora_layers(adapted).values()] == forwards


@pytest.fixture(scope="module")
def minilm(minilm_folder):
    return AutoModelForSequenceClassification.from_pretrained(minilm_folder, num_labels=2)


@pytest.mark.parametrize(
    ("targets", "both", "b_only"),
    [(("query", "key", "value"), 110_592, 55_296), (("all-linear",), 337_920, 168_960)],
)
def test_minilm_counts(minilm, targets, both, b_only):
    found = find_targets(minilm, targets=targets, rank=8, ranks={}, left_out=HEAD)
    assert sum(8 * target.d_out for target in found) == b_only
    assert sum(8 * (target.d_in + target.d_out) for target in found) == both


def test_minilm_saves_a_quarter_of_loras_memory(minilm):
    adapted = AsymmetricLoRA(rank=8, train="both", seed=0).attach(minilm).train()
    ids = torch.randint(1000, 20000, (8, 64))
    labels = torch.arange(8) % 2

    def loss():
        return adapted(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels).loss

    found = costs(adapted, HEAD, loss)
    assert found["B"].saved <= 0.75 * found["both"].saved
    assert found["A"].saved > 0.95 * found["both"].saved
