"""Which layers of a model are adapted, and how peft is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import attrs
from torch import nn

from geoframe.data import listed
from geoframe.errors import ConfigError, did_you_mean

ALL_LINEAR = "all-linear"
SAME_INPUT = (
    {"query", "key", "value"},
    {"q_proj", "k_proj", "v_proj"},
    {"q_lin", "k_lin", "v_lin"},
    {"q", "k", "v"},
)
"""Last names of sibling layers that may share A."""


@attrs.frozen(kw_only=True)
class Target:
    """One layer to adapt, or one parameter that holds the weights of all experts."""

    name: str
    rank: int
    d_in: int
    d_out: int
    transposed: bool
    """Whether the weight is stored as (in, out), as GPT-2's Conv1D does."""
    experts: int = 0
    """Experts whose weights are one parameter; 0 for a layer, whose name is that of a module."""

    @property
    def module(self) -> str:
        """Name of the module that holds the weight."""
        return self.name.rpartition(".")[0] if self.experts else self.name


def is_transposed(layer: nn.Module) -> bool:
    """Whether a layer is transformers' ``Conv1D``."""
    return type(layer).__name__ == "Conv1D"


def find_targets(
    model: nn.Module,
    *,
    targets: Sequence[str],
    rank: int,
    ranks: Mapping[str, int],
    left_out: Sequence[str] = (),
) -> list[Target]:
    """Return the layers of ``model`` that the options name, in its order, and then the experts.

    Experts whose weights are one parameter are adapted if a target names them or their module;
    ``all-linear`` passes them by.

    Parameters
    ----------
    left_out
        Modules that are trained in full, so that nothing in them is adapted.

    Raises
    ------
    ConfigError
        If an entry of ``targets`` or ``ranks`` matches no layer, or there is none to adapt.
    """
    # Not every model has one, and plain modules do not have the method.
    output = getattr(model, "get_output_embeddings", lambda: None)()
    linear = {
        name: module
        for name, module in model.named_modules()
        if (isinstance(module, nn.Linear) or is_transposed(module)) and not _within(name, left_out)
    }
    inner = [name for name, module in linear.items() if module is not output]
    experts = [name for name in fused_experts(model) if not _within(name, left_out)]
    if not inner and not experts:
        kinds = sorted({type(each).__name__ for each in model.modules() if _has_own_weights(each)})
        raise ConfigError(
            [
                "adapter: the model has no linear layer to adapt (torch's Linear, transformers' "
                f"Conv1D) but its output; what has weights is {listed(kinds) or 'nothing'}"
            ]
        )
    chosen: dict[str, None] = {}
    for target in targets:
        if target == ALL_LINEAR:
            chosen |= dict.fromkeys(inner)
            continue
        _check_is_no_embedding(model, target)
        found = [n for n in experts if _ends(n, target) or _ends(n.rpartition(".")[0], target)]
        if not found or any(_ends(name, target) for name in linear):
            found += _matching(linear, target, "adapter.targets")
        chosen |= dict.fromkeys(found)
    for pattern in ranks:
        _matching(chosen, pattern, "adapter.ranks")
    own = {name: next((r for p, r in ranks.items() if _ends(name, p)), rank) for name in chosen}
    return [
        *(_target(name, each, own[name]) for name, each in linear.items() if name in chosen),
        *(expert_target(model, name, own[name]) for name in experts if name in chosen),
    ]


def _within(name: str, modules: Sequence[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in modules)


def _check_is_no_embedding(model: nn.Module, target: str) -> None:
    """Refuse names of embeddings, with what to do instead."""
    embeddings = (n for n, each in model.named_modules() if isinstance(each, nn.Embedding))
    if name := next((name for name in embeddings if _ends(name, target)), None):
        last = name.rpartition(".")[2]
        raise ConfigError(
            [
                f"adapter.targets: '{target}' is an embedding, which has no low-rank adapter here; "
                f"train it in full with adapter.trained = ['{last}']"
            ]
        )


def find_modules(model: nn.Module, patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the modules whose names end as one of ``patterns`` says, for training in full.

    Raises
    ------
    ConfigError
        If a pattern matches none.
    """
    names = [name for name, module in model.named_modules() if name and _has_weights(module)]
    found = [each for p in patterns for each in _matching(names, p, "adapter.trained")]
    return tuple(dict.fromkeys(found))


def _matching(names: Iterable[str], pattern: str, option: str) -> list[str]:
    """Return the names of layers that end as ``pattern`` says; there has to be one."""
    found = [name for name in names if _ends(name, pattern)]
    if not found:
        last = list(dict.fromkeys(name.rpartition(".")[2] for name in names))
        raise ConfigError(
            [
                f"{option}: no layer matches '{pattern}'{did_you_mean(pattern, last)}; "
                f"their names end in {listed(last)}"
            ]
        )
    return found


def _target(name: str, layer: nn.Module, rank: int) -> Target:
    if isinstance(layer, nn.Linear):  # a quantized weight has another shape than the layer
        d_out, d_in = layer.out_features, layer.in_features
    else:
        d_in, d_out = layer.get_parameter("weight").shape
    return Target(name=name, rank=rank, d_in=d_in, d_out=d_out, transposed=is_transposed(layer))


def expert_target(model: nn.Module, name: str, rank: int) -> Target:
    """Return the parameter ``name`` of ``model``, which holds the weights of all experts."""
    experts, first, second = model.get_parameter(name).shape
    owner = model.get_submodule(name.rpartition(".")[0])
    transposed = bool(getattr(owner, "is_transposed", False))  # as peft reads it
    d_in, d_out = (first, second) if transposed else (second, first)
    return Target(
        name=name, rank=rank, d_in=d_in, d_out=d_out, transposed=transposed, experts=experts
    )


def _ends(name: str, pattern: str) -> bool:
    try:
        return re.fullmatch(rf"(.*\.)?({pattern})", name) is not None
    except re.error as error:
        raise ConfigError([f"adapter: '{pattern}' is no regular expression: {error}"]) from None


def peft_targets(model: nn.Module, names: Sequence[str]) -> list[str] | str:
    """Say ``names`` as peft's ``target_modules``: last names if they are enough, else a regex.

    Last names are what other readers of LoRA files understand best.
    """
    last = sorted({name.rpartition(".")[2] for name in names})
    matched = {
        name
        for name, _ in model.named_modules()
        if name in last or any(name.endswith(f".{each}") for each in last)
    }
    if matched == set(names):
        return last
    return "|".join(re.escape(name) for name in names)


def output_heads(model: nn.Module) -> tuple[str, ...]:
    """Return the modules that transformers puts on top of a pretrained model to classify.

    They are new, so they have to be trained in full: all beside the base model (``classifier``,
    DistilBERT's ``pre_classifier`` too, ...).
    """
    base = getattr(model, "base_model_prefix", "")
    children = model.named_children()
    return tuple(name for name, each in children if name != base and _has_weights(each))


def _has_weights(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def _has_own_weights(module: nn.Module) -> bool:
    return next(module.parameters(recurse=False), None) is not None


def fused_experts(model: nn.Module) -> tuple[str, ...]:
    """Return the weights of mixtures of experts that are one parameter for all experts.

    They are ``(experts, out, in)`` or ``(experts, in, out)`` and no layers of their own: peft
    adapts them by ``target_parameters``.
    """
    return tuple(
        name
        for name, parameter in model.named_parameters()
        if parameter.ndim == 3 and ".experts." in f".{name}"
    )


def shared_groups(targets: Sequence[Target]) -> dict[str, str]:
    """Map each layer's name to the name of its group: layers that may share one A.

    A layer without siblings is a group of its own.
    """
    groups = {}
    for target in targets:
        parent, _, last = target.name.rpartition(".")
        siblings = next((sorted(each) for each in SAME_INPUT if last in each), None)
        same = f"{parent}.[{','.join(siblings)}]:{target.rank}x{target.d_in}" if siblings else None
        groups[target.name] = same or target.name
    return groups
