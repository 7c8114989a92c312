"""Plain peft adapters, written from stored ones without the model."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from peft import LoraConfig

from geoframe.errors import DataError
from geoframe.run.files import explained, write_json, write_tensors
from geoframe_asymlora.files.stored import (
    OPTIONS,
    PEFT_CONFIG,
    PEFT_TENSORS,
    PREFIX,
    WRAPPED,
    StoredAdapter,
)


def export_peft(stored: StoredAdapter, folder: Path) -> list[Path]:
    """Write ``adapter_config.json`` and ``adapter_model.safetensors`` as peft does.

    Whatever reads LoRA files reads them (peft, vLLM and others). A third file, ``asymlora.json``,
    tells ``AsymmetricLoRA.load`` which factor
    is frozen; other readers ignore it.

    Returns
    -------
    list
        The files.

    Raises
    ------
    DataError
        If it is of a model that no class of transformers builds.
    """
    if stored.facts.get("pooling") == "mean":
        raise DataError(
            f"{folder}: the adapter is of a model that reads texts by the mean of their tokens, as "
            "no class of transformers does; write the whole model: geoframe export RUN, or "
            "adapter.merge().save_pretrained(folder) in Python"
        )
    config = peft_config(stored)
    config.inference_mode = True
    tensors = {f"{PREFIX}{name}": tensor for name, tensor in stored.trained.items()}
    names = _peft_names(stored)
    for name, layer in stored.layers.items():
        tensors[f"{PREFIX}{names[name]}.lora_A.weight"] = layer.a
        tensors[f"{PREFIX}{names[name]}.lora_B.weight"] = layer.b
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        config.save_pretrained(str(folder))
    write_tensors(folder / PEFT_TENSORS, tensors)
    told: dict[str, Any] = {"train": {n: each.train for n, each in stored.layers.items()}}
    experts = {names[n]: (n, each.experts) for n, each in stored.layers.items() if each.experts}
    write_json(folder / OPTIONS, told | ({"experts": experts} if experts else {}))
    return [folder / name for name in (PEFT_CONFIG, PEFT_TENSORS, OPTIONS)]


def _peft_names(stored: StoredAdapter) -> dict[str, str]:
    """Names of the layers in peft's files.

    Peft wraps a module of experts once for each of its parameters, in their order, so that the
    last one's factors are the outermost.
    """
    names = {name: name for name, layer in stored.layers.items() if not layer.experts}
    depth: Counter[str] = Counter()
    for name in reversed([name for name, layer in stored.layers.items() if layer.experts]):
        module = name.rpartition(".")[0]
        names[name] = f"{module}{WRAPPED * depth[module]}"
        depth[module] += 1
    return names


def peft_config(stored: StoredAdapter) -> LoraConfig:
    """Describe an adapter as peft does: the commonest rank and alpha, and the others by layer."""
    rank = Counter(layer.rank for layer in stored.layers.values()).most_common(1)[0][0]
    alphas = {name: _whole(layer.scale * layer.rank) for name, layer in stored.layers.items()}
    alpha = Counter(alphas.values()).most_common(1)[0][0]
    linear = [name for name, layer in stored.layers.items() if not layer.experts]
    return LoraConfig(
        r=rank,
        lora_alpha=alpha,  # type: ignore[arg-type]  # a float too
        rank_pattern={_key(n): each.rank for n, each in stored.layers.items() if each.rank != rank},
        alpha_pattern={_key(name): each for name, each in alphas.items() if each != alpha},
        lora_dropout=float(stored.facts.get("lora_dropout") or 0.0),
        fan_in_fan_out=bool(stored.facts.get("fan_in_fan_out")),
        target_modules=stored.facts.get("target_modules")
        or "|".join(re.escape(name) for name in linear)
        or [],
        target_parameters=[n for n, layer in stored.layers.items() if layer.experts] or None,
        modules_to_save=list(stored.modules) or None,
        task_type=stored.facts.get("task_type"),
        base_model_name_or_path=stored.facts.get("base_model_name_or_path"),
    )


def _whole(alpha: float) -> float | int:
    """Return an integer where it is one: some readers insist."""
    return round(alpha) if abs(alpha - round(alpha)) < 1e-9 else alpha


def _key(name: str) -> str:
    return f"^{re.escape(name)}"
