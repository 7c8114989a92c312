"""Freezing one factor of LoRA so that it stays frozen, whatever is called afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from peft.tuners.lora.layer import LoraLayer, ParamWrapper
from torch import nn

from geoframe.errors import PluginError
from geoframe_asymlora.files.stored import PREFIX, WRAPPED

WEIGHTS = {"A": "lora_A", "B": "lora_B"}
ORIGINAL = "original_module."
"""In the name of what peft keeps of a layer beside the copy that it trains."""


def lora_layers(model: nn.Module, adapter_name: str = "default") -> dict[str, LoraLayer]:
    """Return the layers of a model that carry an adapter, by their names in the plain model.

    Experts that are one parameter are named by it: peft wraps their module once for each of its
    adapted parameters.
    """
    return {
        _name_of(name, module): module
        for name, module in model.named_modules()
        if isinstance(module, LoraLayer) and adapter_name in module.lora_A
    }


def _name_of(name: str, module: LoraLayer) -> str:
    if not isinstance(module, ParamWrapper):
        return name.removeprefix(PREFIX)
    return f"{plain_name(name)}.{module.parameter_name}"


def plain_name(name: str) -> str:
    """Name in the plain model of what has ``name`` in the adapted one."""
    return name.removeprefix(PREFIX).replace(WRAPPED, "")


def head_parameters(model: nn.Module, heads: tuple[str, ...]) -> dict[str, nn.Parameter]:
    """Parameters of the output layers of an adapted model, by their name in it.

    Where peft trains a copy of such a layer (``modules_to_save``), the layer as it was, which it
    keeps beside the copy and never applies, is left out.
    """
    return {
        name: parameter
        for name, parameter in model.named_parameters()
        if any(name.removeprefix("base_model.model.").startswith(f"{head}.") for head in heads)
        and ORIGINAL not in name
    }


def freeze_factors(
    model: nn.Module,
    frozen: Literal["A", "B"] | Mapping[str, Literal["A", "B"] | None],
    *,
    adapter_name: str = "default",
) -> None:
    """Freeze A or B of every LoRA layer, through the hook that peft itself obeys.

    ``requires_grad_(False)`` alone is undone by ``disable_adapter``, ``set_adapter`` and others.
    The model may come from ``get_peft_model``, from ``PeftModel.from_pretrained(...,
    is_trainable=True)``, which forgets what was frozen, or from transformers' ``add_adapter``.

    Parameters
    ----------
    frozen
        The factor, or one for each layer by its name in the plain model (None: train both).

    Raises
    ------
    PluginError
        If the installed peft has no such hook.
    """
    for name, layer in lora_layers(model, adapter_name).items():
        factor = frozen if isinstance(frozen, str) else frozen.get(name)
        if not hasattr(layer, "frozen_peft_weight_names"):
            raise PluginError(
                "this version of peft cannot keep a factor frozen; install peft >= 0.21"
            )
        kept = () if factor is None else (WEIGHTS[factor],)
        # The class has one dict for all layers: give the layer its own.
        layer.frozen_peft_weight_names = {**layer.frozen_peft_weight_names, adapter_name: kept}
        layer._freeze_non_trainable_peft_weights(adapter_name)
