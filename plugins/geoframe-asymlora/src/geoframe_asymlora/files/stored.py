"""An adapter as data: its layers' factors, and the compact files that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
from torch import Tensor

from geoframe.run.files import explained, write_json, write_tensors
from geoframe_asymlora.lora.factors import Draw, Factor, fingerprint

FORMAT = 1
ADAPTER = "adapter"
"""Folder of a run directory that holds what was trained."""
HEAD = "head"
"""Tensors of a run: the output layer, where a stranger's adapter does not keep it."""
OPTIONS = "asymlora.json"
TENSORS = "asymlora.safetensors"
PEFT_CONFIG = "adapter_config.json"
PEFT_TENSORS = "adapter_model.safetensors"
PREFIX = "base_model.model."
WRAPPED = ".base_layer"
"""In the name of what peft has wrapped."""

FACTS = (
    "base_model_name_or_path",
    "task_type",
    "target_modules",
    "lora_dropout",
    "fan_in_fan_out",
)
"""What of a peft config is kept."""

Trained = Literal["A", "B", "both"]


@attrs.frozen(kw_only=True, eq=False)
class StoredLayer:
    """One layer's update s B A."""

    a: Tensor
    """``(rank, d_in)``, float32; of experts see :func:`geoframe_asymlora.lora.factors.stacked`."""
    b: Tensor
    """``(d_out, rank)``, float32."""
    scale: float
    """The factor s."""
    train: Trained
    draw: Draw | None = None
    """How the frozen factor is drawn again; None if it has to be stored."""
    experts: int = 0
    """Experts of which this is the common parameter; 0 for a layer."""

    @property
    def frozen(self) -> Factor | None:
        """The frozen factor."""
        return {"A": "B", "B": "A"}.get(self.train)  # type: ignore[return-value]

    @property
    def rank(self) -> int:
        """Rank of the update, for experts that of each."""
        return len(self.a) // max(self.experts, 1)

    def factor(self, name: Factor) -> Tensor:
        """Return A or B by name."""
        return self.a if name == "A" else self.b


@attrs.frozen(kw_only=True, eq=False)
class StoredAdapter:
    """An adapter without its model."""

    layers: Mapping[str, StoredLayer]
    """By the layer's name in the plain model."""
    trained: Mapping[str, Tensor] = attrs.field(factory=dict)
    """Parameters of modules that are trained in full, by their names in the plain model."""
    modules: tuple[str, ...] = ()
    """Names of those modules."""
    facts: Mapping[str, Any] = attrs.field(factory=dict)
    """JSON values to keep with it: dropout, name of the base model, kind of task, targets."""

    def save_compact(self, folder: Path) -> None:
        """Write the trained factors, and frozen ones only if no seed gives them again."""
        tensors = {f"trained.{name}": tensor for name, tensor in self.trained.items()}
        table = {}
        for name, layer in self.layers.items():
            row: dict[str, Any] = {"train": layer.train, "rank": layer.rank, "scale": layer.scale}
            row["shape"] = [len(layer.b), layer.a.shape[1]]
            if layer.experts:
                row["experts"] = layer.experts
            stored: list[Factor] = ["A", "B"]
            if layer.frozen is not None:
                row["frozen_sha256"] = fingerprint(layer.factor(layer.frozen))
                if layer.draw is not None:
                    row["draw"] = attrs.asdict(layer.draw)
                    stored.remove(layer.frozen)
            tensors |= {f"layers.{name}.{each}": layer.factor(each) for each in stored}
            table[name] = row
        options = {"format": FORMAT, "layers": table, "modules": self.modules, "facts": self.facts}
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
        write_tensors(folder / TENSORS, tensors)
        write_json(folder / OPTIONS, options)
