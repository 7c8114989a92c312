"""Adapters under the names that kohya's scripts give layers, as programs for images read them.

A layer ``encoder.layers.0.q_proj`` is ``lora_te_encoder_layers_0_q_proj`` there: a prefix for the
model, and underscores for points. So only the model tells which layer a name means.
"""

from __future__ import annotations

from pathlib import Path

import attrs
import torch
from torch import nn

from geoframe.errors import DataError
from geoframe.run.files import write_tensors
from geoframe_asymlora.files.stored import StoredAdapter

PREFIXES = ("lora_te1_", "lora_te2_", "lora_te_", "lora_unet_", "lora_transformer_", "lycoris_")


def export_kohya(stored: StoredAdapter, file: Path, prefix: str = "lora_te_") -> Path:
    """Write one safetensors file with down, up and alpha of each layer.

    Parameters
    ----------
    prefix
        What the reader calls the model: ``lora_te_`` is a text encoder, ``lora_unet_`` a U-Net.

    Raises
    ------
    DataError
        If the adapter holds modules trained in full, or experts, for which such files have no
        place.
    """
    if stored.trained:
        raise DataError(
            f"{file}: the adapter holds '{next(iter(stored.trained))}', trained in full, for which "
            "kohya's files have no place; export it for peft"
        )
    if experts := [name for name, layer in stored.layers.items() if layer.experts]:
        raise DataError(
            f"{file}: '{experts[0]}' is of experts, for which kohya's files have no place; export "
            "it for peft"
        )
    tensors = {}
    for name, layer in stored.layers.items():
        key = prefix + name.replace(".", "_")
        tensors[f"{key}.lora_down.weight"] = layer.a
        tensors[f"{key}.lora_up.weight"] = layer.b
        tensors[f"{key}.alpha"] = torch.tensor(layer.scale * layer.rank)
    write_tensors(file, tensors)
    return file


def with_names_of(stored: StoredAdapter, model: nn.Module) -> StoredAdapter:
    """Rename layers of kohya's names to those that ``model`` has; leave other names alone.

    Raises
    ------
    DataError
        If a name means two layers of the model.
    """
    if not any(name.startswith(PREFIXES) for name in stored.layers):
        return stored
    meant: dict[str, list[str]] = {}
    for name, _ in model.named_modules():
        meant.setdefault(name.replace(".", "_"), []).append(name)

    def own(name: str) -> str:
        prefix = next((each for each in PREFIXES if name.startswith(each)), "")
        found = meant.get(name.removeprefix(prefix), [name])
        if len(found) > 1:
            raise DataError(f"'{name}' may be {' or '.join(found)}; rename it in the file")
        return found[0]

    return attrs.evolve(stored, layers={own(n): each for n, each in stored.layers.items()})
