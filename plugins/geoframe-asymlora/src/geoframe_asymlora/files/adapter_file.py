"""Adapters read from files: compact ones, peft's, and LoRA files of other programs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import safetensors
import safetensors.torch
from torch import Tensor

from geoframe.data import read_text, shown
from geoframe.errors import DataError
from geoframe_asymlora.files.stored import (
    ADAPTER,
    FACTS,
    FORMAT,
    OPTIONS,
    PEFT_CONFIG,
    PEFT_TENSORS,
    PREFIX,
    TENSORS,
    StoredAdapter,
    StoredLayer,
)
from geoframe_asymlora.lora.factors import Draw, Factor, fingerprint
from geoframe_data.files import check_regular

DAMAGED = (KeyError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError)
"""What is raised where a file holds other things than it should."""
MAX_REPETITIONS = 2
"""Repetitions in a pattern of a peft config."""
MAX_DRAWN = 2**28
"""Entries of a frozen factor that is drawn again."""


def is_compact(folder: Path) -> bool:
    """Whether a folder holds an adapter as this plugin writes it."""
    return (folder / OPTIONS).is_file()


def _load_compact(folder: Path) -> StoredAdapter:
    """Read what :meth:`StoredAdapter.save_compact` wrote; frozen factors are drawn again.

    Raises
    ------
    DataError
        If a file is missing or damaged, or this machine draws another frozen factor.
    """
    options = _read_json(folder / OPTIONS)
    tensors = read_safetensors(folder / TENSORS)
    if options.get("format") != FORMAT:
        raise DataError(
            f"{folder / OPTIONS}: has format {options.get('format')}, not {FORMAT}; "
            "use the version of geoframe-asymlora that wrote it"
        )
    return StoredAdapter(
        layers={
            name: _layer(folder, name, row, tensors) for name, row in options["layers"].items()
        },
        trained={n.removeprefix("trained."): t for n, t in tensors.items() if n[:8] == "trained."},
        modules=tuple(options["modules"]),
        facts=options["facts"],
    )


def _layer(
    folder: Path, name: str, row: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> StoredLayer:
    draw = Draw(**row["draw"]) if "draw" in row else None
    found = {each: tensors.get(f"layers.{name}.{each}") for each in ("A", "B")}
    if draw is not None:
        frozen: Factor = "A" if row["train"] == "B" else "B"
        d_out, d_in = row["shape"]
        experts = row.get("experts", 0)
        if max(row["rank"], 1) * max(d_out, d_in) * max(experts, 1) > MAX_DRAWN:
            raise ValueError(f"layer '{shown(name)}' would have more than {MAX_DRAWN} entries")
        again = draw.make(frozen, row["rank"], d_in if frozen == "A" else d_out, experts)
        if fingerprint(again) != row["frozen_sha256"]:
            raise DataError(
                f"{folder}: the frozen {frozen} of layer '{name}' comes out differently on this "
                "machine; export the adapter in full where it was trained (geoframe asymlora "
                "export)"
            )
        found[frozen] = again
    return StoredLayer(
        a=_present(found["A"]),
        b=_present(found["B"]),
        scale=float(row["scale"]),
        train=row["train"],
        draw=draw,
        experts=row.get("experts", 0),
    )


def _present(tensor: Tensor | None) -> Tensor:
    if tensor is None:
        raise ValueError("a factor is missing")
    return tensor


def read_adapter(path: Path) -> StoredAdapter:
    """Read any adapter on disk: of a run, a compact or peft folder, or a LoRA safetensors file.

    In foreign files nothing says what was trained, so both factors count as trained.

    Raises
    ------
    DataError
        If there is none at ``path``, or its files are damaged.
    """
    try:
        return _adapter(path)
    except (*DAMAGED, re.error) as error:
        raise DataError(f"{path}: is damaged: {type(error).__name__}: {shown(error)}") from None


def _adapter(path: Path) -> StoredAdapter:
    if path.is_file():
        return _foreign(path, read_safetensors(path), {})
    if (path / ADAPTER).is_dir():
        path = path / ADAPTER
    if (path / OPTIONS).exists() and (path / TENSORS).exists():
        return _load_compact(path)
    if (path / PEFT_TENSORS).exists():
        config = _read_json(path / PEFT_CONFIG) if (path / PEFT_CONFIG).exists() else {}
        told = _read_json(path / OPTIONS) if (path / OPTIONS).exists() else {}
        experts, marks = told.get("experts", {}), told.get("train", {})
        if config.get("target_parameters") and not experts:
            raise DataError(
                f"{path}: adapts experts by target_parameters, and only their model tells which "
                "factors are whose; load it with peft"
            )
        adapter = _foreign(path, read_safetensors(path / PEFT_TENSORS), config, experts)
        layers = {
            name: attrs.evolve(layer, train=marks.get(name, "both"))
            for name, layer in adapter.layers.items()
        }
        return attrs.evolve(adapter, layers=layers)
    if (path / "adapter_model.bin").exists():
        raise DataError(f"{path}: holds a pickled adapter; save it as safetensors with peft")
    raise DataError(f"{path}: no LoRA adapter ({TENSORS}, {PEFT_TENSORS} or a .safetensors file)")


PAIRS = re.compile(
    r"^(?P<name>.+?)\.(?:lora_(?P<peft>[AB])(?:\.\w+)?|lora_(?P<kohya>down|up)|"
    r"lora\.(?P<diffusers>down|up))\.weight$"
)


def _foreign(
    path: Path,
    tensors: Mapping[str, Tensor],
    config: Mapping[str, Any],
    experts: Mapping[str, tuple[str, int]] = {},  # never changed
) -> StoredAdapter:
    """Take a file's pairs of factors; ``experts`` are peft's names -> the parameter, how many."""
    factors: dict[str, dict[str, Tensor]] = {}
    alphas: dict[str, float] = {}
    trained = {}
    for key, tensor in tensors.items():
        if key.endswith(".alpha") and tensor.numel() == 1:  # as kohya's scripts write it
            alphas[key.removesuffix(".alpha").removeprefix(PREFIX)] = float(tensor)
            continue
        found = PAIRS.match(key)
        if found is None:
            trained[key.removeprefix(PREFIX)] = tensor.float()
            continue
        side = found["peft"] or {"down": "A", "up": "B"}[found["kohya"] or found["diffusers"]]
        name = found["name"].removeprefix(PREFIX)
        factors.setdefault(experts.get(name, (name, 0))[0], {})[side] = tensor.float()
    counts = dict(experts.values())
    layers = {}
    for name, pair in factors.items():
        if pair.keys() != {"A", "B"} or any(tensor.ndim != 2 for tensor in pair.values()):
            continue  # convolutions have factors of more axes
        count = counts.get(name, 0)
        if count and len(pair["A"]) % count:
            raise ValueError(f"the factors of '{shown(name)}' are not those of {count} experts")
        layers[name] = StoredLayer(
            a=pair["A"],
            b=pair["B"],
            scale=_scale(name, len(pair["A"]) // max(count, 1), config, alphas.get(name)),
            train="both",
            experts=count,
        )
    if not layers:
        raise DataError(f"{path}: holds no pairs of LoRA factors of linear layers")
    modules = tuple(config.get("modules_to_save") or ())
    facts = {name: config[name] for name in FACTS if name in config}
    return StoredAdapter(layers=layers, trained=trained, modules=modules, facts=facts)


def _scale(name: str, rank: int, config: Mapping[str, Any], own: float | None) -> float:
    """Return alpha / rank; alpha is a layer's ``own``, or by the patterns of a peft config."""
    patterns = (config.get("alpha_pattern") or {}).items()
    matching = (value for pattern, value in patterns if _is_meant(name, pattern))
    alpha = own if own is not None else next(matching, config.get("lora_alpha", rank))
    return float(alpha) / (rank**0.5 if config.get("use_rslora") else rank)


def _is_meant(name: str, pattern: str) -> bool:
    """Whether a pattern of a peft config means a layer.

    Repeated groups, and many repetitions, could be matched for years.
    """
    if re.search(r"\)[*+{]", pattern) or len(re.findall(r"[*+{]", pattern)) > MAX_REPETITIONS:
        raise ValueError(f"the pattern '{shown(pattern)}' repeats too much")
    return re.match(rf"(.*\.)?({pattern})$", name) is not None


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file of a user.

    Raises
    ------
    DataError
        If it is missing or no such file.
    """
    check_regular(path)
    try:
        return safetensors.torch.load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise DataError(f"{path}: is no readable safetensors file: {shown(error)}") from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read: {shown(error)}") from None
    if not isinstance(found, dict):
        raise DataError(f"{path}: is no JSON object")
    return found
