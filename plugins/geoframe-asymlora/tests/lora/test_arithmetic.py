"""Sums of adapters with the same frozen factor are exact."""

import pytest
import torch
from adapted import attached, logits, moved
from click.testing import CliRunner
from tiny import bert

from geoframe import DataError
from geoframe_asymlora.files.adapter_file import read_adapter
from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.lora.arithmetic import average, combine
from geoframe_asymlora.lora.freezing import lora_layers
from geoframe_asymlora.verbs import asymlora


def trained(size: float, **options):
    adapter = AsymmetricLoRA(**{"rank": 3, "seed": 1, **options})
    moved(adapter.attach(bert()), size)
    return adapter.stored()


def updates(adapter) -> dict[str, torch.Tensor]:
    return {name: each.scale * each.b @ each.a for name, each in adapter.layers.items()}


@pytest.mark.parametrize("options", [{}, {"train": "A"}, {"init": "singular"}, {"share_a": True}])
def test_the_update_of_a_sum_is_the_sum_of_updates(options):
    first, second = trained(0.3, **options), trained(-0.5, **options)
    total = combine([first, second], [2.0, -1.0], with_heads=False)
    one, two = updates(first), updates(second)
    for name, update in updates(total).items():
        assert torch.allclose(update, 2 * one[name] - two[name], atol=1e-6)


def test_an_average_works_in_the_model(tmp_path):
    first, second = trained(0.2), trained(0.4)
    first.save_compact(tmp_path / "first")
    second.save_compact(tmp_path / "second")
    folders = [str(tmp_path / "first"), str(tmp_path / "second")]
    done = CliRunner().invoke(asymlora, ["combine", *folders, "-o", str(tmp_path / "mean")])
    assert done.exit_code == 0, done.output
    loaded = AsymmetricLoRA.load(bert(), tmp_path / "mean")
    mean = average([first, second])
    assert torch.equal(
        loaded.adapted.get_parameter("base_model.model.classifier.modules_to_save.default.weight"),
        mean.trained["classifier.weight"],
    )
    factors = [each.layers for each in (first, second)]
    for name, layer in lora_layers(loaded.adapted).items():
        expected = (factors[0][name].b + factors[1][name].b) / 2
        assert torch.allclose(layer.lora_B["default"].weight, expected)
    assert logits(loaded.adapted).isfinite().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 2}, "is not that of the first; train all of them with the same adapter.seed"),
        ({"train": "A"}, "froze another factor"),
        ({"train": "both"}, "both factors were trained in adapter 2"),
        ({"alpha": 1.0}, "has scale"),
        ({"targets": ("query",)}, "do not both adapt"),
    ],
)
def test_what_does_not_add_up_is_refused(options, message):
    with pytest.raises(DataError, match=message):
        average([trained(0.1), trained(0.1, **options)])


def test_heads_are_averaged_and_not_added():
    adapters = [trained(0.1), trained(0.2)]
    with pytest.raises(DataError, match="can be averaged, not added"):
        combine(adapters, [1.0, 1.0])
    assert not combine(adapters, [1.0, 1.0], with_heads=False).trained
    with pytest.raises(DataError, match="2 adapters cannot be combined with 1 weights"):
        combine(adapters, [1.0])


def test_verbs_write_into_new_folders_only(tmp_path):
    attached().save(tmp_path / "adapter")
    done = CliRunner().invoke(
        asymlora, ["export", str(tmp_path / "adapter"), "-o", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    assert read_adapter(tmp_path / "out").layers.keys() == attached().stored().layers.keys()
    again = CliRunner().invoke(
        asymlora, ["export", str(tmp_path / "adapter"), "-o", str(tmp_path / "out")]
    )
    assert "is not empty; name a new folder" in str(again.exception)
