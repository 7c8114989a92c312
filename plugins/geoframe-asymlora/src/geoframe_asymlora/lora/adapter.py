"""The asymmetric LoRA adapter, on peft."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
import torch
from peft import PeftModel, get_peft_model
from torch import Tensor, nn

from geoframe.adapter import Adapter, Passes
from geoframe.errors import ConfigError, DataError
from geoframe_asymlora.files.adapter_file import read_adapter
from geoframe_asymlora.files.export import export_peft, peft_config
from geoframe_asymlora.files.kohya import with_names_of
from geoframe_asymlora.files.stored import StoredAdapter, StoredLayer
from geoframe_asymlora.lora.autograd import MemoryEfficientLoRA, SharedProjection, weights
from geoframe_asymlora.lora.config import AsymmetricLoRAConfig, Init, Train
from geoframe_asymlora.lora.freezing import freeze_factors, lora_layers
from geoframe_asymlora.lora.initialization import check_options, look, starting_layer
from geoframe_asymlora.lora.targets import (
    expert_target,
    find_modules,
    find_targets,
    is_transposed,
    output_heads,
    peft_targets,
    shared_groups,
)
from geoframe_asymlora.text.pooled import MeanPooledClassifier

NAME = "default"
TASKS = {
    "ForSequenceClassification": "SEQ_CLS",
    "ForCausalLM": "CAUSAL_LM",
    "LMHeadModel": "CAUSAL_LM",
    "MeanPooledClassifier": "SEQ_CLS",
}


class AsymmetricLoRA(Adapter):
    """LoRA of which one factor is trained and the other frozen (Zhu et al. 2024).

    The adapted model is a ``peft.PeftModel``: everything that peft does with LoRA works on it.
    A frozen factor stays frozen through ``disable_adapter``, ``set_adapter`` and the rest.

    Parameters
    ----------
    train, rank, ranks, alpha, rank_stabilized, targets, init, zero, row_norm, pca, share_a, \
    dropout, trained, seed
        As in :class:`~geoframe_asymlora.lora.config.AsymmetricLoRAConfig`.

    Raises
    ------
    ConfigError
        If the frozen factor would be the one that starts at zero, or options contradict.
    """

    adapted: PeftModel

    def __init__(
        self,
        *,
        train: Train = "B",
        rank: int = 8,
        ranks: Mapping[str, int] = {},  # never changed
        alpha: float | None = None,
        rank_stabilized: bool = False,
        targets: tuple[str, ...] = ("all-linear",),
        init: Init = "orthonormal",
        zero: Literal["auto", "A", "B"] = "auto",
        row_norm: float | None = None,
        pca: Literal["matched", "whitened", "orthonormal"] = "matched",
        share_a: bool = False,
        dropout: float = 0.0,
        trained: tuple[str, ...] = (),
        seed: int | None = None,
    ) -> None:
        self.options = AsymmetricLoRAConfig(
            train=train,
            rank=rank,
            ranks=ranks,
            alpha=alpha,
            rank_stabilized=rank_stabilized,
            targets=targets,
            init=init,
            zero=zero,
            row_norm=row_norm,
            pca=pca,
            share_a=share_a,
            dropout=dropout,
            trained=trained,
            seed=seed,
        )
        check_options(self.options)
        self.seed = torch.initial_seed() % 2**63 if seed is None else seed

    @staticmethod
    def example_model() -> tuple[nn.Module, Tensor]:
        """Return a perceptron wide enough for the default rank, and inputs, for conformance."""
        layers = nn.Sequential(nn.Linear(24, 32), nn.Tanh(), nn.Linear(32, 16))
        return layers, torch.randn(5, 24)

    def attach(self, model: nn.Module, passes: Passes | None = None) -> nn.Module:
        """Inject the adapters; see :meth:`geoframe.Adapter.attach`.

        ``passes`` is needed for ``train = "auto"`` and ``init = "pca"``.
        """
        options = self.options
        heads = output_heads(model) if _task(model) == "SEQ_CLS" else ()
        modules = tuple(dict.fromkeys((*heads, *find_modules(model, options.trained))))
        targets = find_targets(
            model,
            targets=options.targets,
            rank=options.rank,
            ranks=options.ranks,
            left_out=modules,
        )
        groups = shared_groups(targets) if options.share_a else {t.name: t.name for t in targets}
        findings = look(options, model, targets, passes)
        layers = {
            target.name: starting_layer(
                options,
                target,
                model.get_submodule(target.module),
                findings,
                seed=self.seed,
                group=groups[target.name],
            )
            for target in targets
        }
        stored = StoredAdapter(layers=layers, modules=modules)
        self._install(model, stored, groups)
        return self.adapted

    def _install(self, model: nn.Module, stored: StoredAdapter, groups: Mapping[str, str]) -> None:
        """Let peft wrap the layers, put the factors in, and freeze what is to be frozen."""
        linear = [name for name, layer in stored.layers.items() if not layer.experts]
        facts = {
            "base_model_name_or_path": getattr(model, "name_or_path", None) or None,
            "task_type": _task(model),
            "pooling": "mean" if isinstance(model, MeanPooledClassifier) else None,
            "lora_dropout": self.options.dropout,
            "fan_in_fan_out": bool(linear)
            and all(is_transposed(model.get_submodule(name)) for name in linear),
            "target_modules": peft_targets(model, linear),
        }
        stored = attrs.evolve(stored, facts=facts)
        config = peft_config(stored)
        config.base_model_name_or_path = None  # peft finds it itself, and complains of given ones
        with warnings.catch_warnings():
            # Models that mix Linear and Conv1D, and peft asking transformers in an old way.
            warnings.filterwarnings("ignore", message="fan_in_fan_out is set to")
            warnings.filterwarnings("ignore", category=FutureWarning)
            self.adapted = get_peft_model(model, config, adapter_name=NAME)
        members: dict[str, list[str]] = {}
        for name, layer in stored.layers.items():
            group = groups[name] if layer.frozen == "A" else name
            members.setdefault(group, []).append(name)
        wrapped = lora_layers(self.adapted, NAME)
        for names in members.values():
            shared = SharedProjection(len(names)) if len(names) > 1 else None
            common = weights(wrapped[names[0]], NAME)[0]
            for name in names:
                module, layer = wrapped[name], stored.layers[name]
                a, b = weights(module, NAME)
                a.data.copy_(layer.a)
                b.data.copy_(layer.b)
                module.lora_A[NAME].weight = common
                if layer.experts:  # whose weights peft computes, and which it does not let vary
                    continue
                module.lora_variant[NAME] = MemoryEfficientLoRA(shared)
                module.cast_input_dtype_enabled = False  # the adapter follows x: no copy of it
        freeze_factors(self.adapted, {n: each.frozen for n, each in stored.layers.items()})
        self._stored = stored

    def stored(self) -> StoredAdapter:
        """Return the adapter as data, with the current values of its factors.

        Raises
        ------
        ConfigError
            If it is not attached.
        """
        if not hasattr(self, "adapted"):
            raise ConfigError(["the adapter is not attached to a model"])
        wrapped = lora_layers(self.adapted, NAME)
        layers = {}
        for name, layer in self._stored.layers.items():
            module = wrapped[name]
            a, b = weights(module, NAME)
            layers[name] = StoredLayer(
                a=a.detach().float().cpu().clone(),
                b=b.detach().float().cpu().clone(),
                scale=layer.scale,
                train=layer.train,
                draw=layer.draw,
                experts=layer.experts,
            )
        return StoredAdapter(
            layers=layers,
            trained={n: p.detach().cpu().clone() for n, p in self._trained_parameters().items()},
            modules=self._stored.modules,
            facts=self._stored.facts,
        )

    def _trained_parameters(self) -> dict[str, nn.Parameter]:
        """Return parameters of modules trained in full, by their names in the plain model."""
        marker = f".modules_to_save.{NAME}"
        return {
            name.removeprefix("base_model.model.").replace(marker, ""): parameter
            for name, parameter in self.adapted.named_parameters()
            if marker in name
        }

    def merge(self) -> nn.Module:
        """Fold s B A into the weights; the model is plain again, and this adapter is used up."""
        merged: nn.Module = self.adapted.merge_and_unload()
        del self.adapted
        return merged

    def save(self, path: Path) -> None:
        """Write the compact form: what was trained, and a seed for the rest."""
        self.stored().save_compact(path)

    def export(self, path: Path) -> list[Path]:
        """Write a plain peft adapter, which needs nothing of geoframe; return the files."""
        return export_peft(self.stored(), path)

    @classmethod
    def load(cls, model: nn.Module, path: Path) -> AsymmetricLoRA:
        """Attach a compact adapter, or a peft adapter, of which the frozen factors are frozen.

        Files of LoRA from elsewhere are taken too, kohya's included.

        Raises
        ------
        DataError
            If the files cannot be read, or do not fit the model.
        """
        stored = with_names_of(read_adapter(path), model)
        for name, layer in stored.layers.items():
            _check_fits(model, name, layer, path)
        adapter = cls(dropout=float(stored.facts.get("lora_dropout") or 0.0))
        names = {n: each.draw.name if each.draw else n for n, each in stored.layers.items()}
        adapter._install(model, stored, names)
        own = adapter._trained_parameters()
        if own.keys() != stored.trained.keys():
            different = sorted(own.keys() ^ stored.trained.keys())[0]
            raise DataError(f"{path}: '{different}' is not in both the adapter and the model")
        for name, parameter in own.items():
            parameter.data.copy_(stored.trained[name])
        return adapter


def _task(model: nn.Module) -> str | None:
    kind = type(model).__name__
    return next((task for end, task in TASKS.items() if kind.endswith(end)), None)


def _check_fits(model: nn.Module, name: str, layer: StoredLayer, path: Path) -> None:
    found: tuple[int, ...]
    shape: tuple[int, ...] = (len(layer.b), layer.a.shape[1])
    try:
        if layer.experts:
            target = expert_target(model, name, layer.rank)
            found = (target.experts, target.d_out, target.d_in)
            shape = (layer.experts, *shape)
        else:
            module: Any = model.get_submodule(name)
            found = tuple((module.weight.T if is_transposed(module) else module.weight).shape)
    except AttributeError:
        raise DataError(f"{path}: the model has no layer '{name}'; is it another model?") from None
    if found != shape:
        raise DataError(f"{path}: layer '{name}' is {found}, the adapter's {shape}")
