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
    """One layer to adapt."""

    name: str
    rank: int
    d_in: int
    d_out: int
    transposed: bool
    """Whether the weight is stored as (in, out), as GPT-2's Conv1D does."""


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
    """Return the layers of ``model`` that the options name, in the model's order.

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
        if (isinstance(module, nn.Linear) or is_transposed(module))
        and not any(name == each or name.startswith(f"{each}.") for each in left_out)
    }
    inner = [name for name, module in linear.items() if module is not output]
    if not inner:
        kinds = sorted({type(each).__name__ for each in model.modules() if _has_own_weights(each)})
        raise ConfigError(
            [
                "adapter: the model has no linear layer to adapt (torch's Linear, transformers' "
                f"Conv1D) but its output; what has weights is {listed(kinds) or 'nothing'}"
            ]
        )
    chosen: dict[str, None] = {}
    for target in targets:
        _check_is_linear(model, target)
        found = inner if target == ALL_LINEAR else _matching(linear, target, "adapter.targets")
        chosen |= dict.fromkeys(found)
    for pattern in ranks:
        _matching(chosen, pattern, "adapter.ranks")
    return [
        _target(name, module, next((r for p, r in ranks.items() if _ends(name, p)), rank))
        for name, module in linear.items()
        if name in chosen
    ]


def _check_is_linear(model: nn.Module, target: str) -> None:
    """Refuse names of embeddings and of experts that are one parameter, with what to do instead."""
    embeddings = (n for n, each in model.named_modules() if isinstance(each, nn.Embedding))
    if name := next((name for name in embeddings if _ends(name, target)), None):
        last = name.rpartition(".")[2]
        raise ConfigError(
            [
                f"adapter.targets: '{target}' is an embedding, which has no low-rank adapter here; "
                f"train it in full with adapter.trained = ['{last}']"
            ]
        )
    experts = fused_experts(model)
    owners = (name.rpartition(".")[0] for name in experts)
    if any(_ends(name, target) for name in (*experts, *owners)):
        raise ConfigError(
            [
                f"adapter.targets: '{target}' is one parameter for all experts and no linear "
                "layer; leave it out, or use peft's own target_parameters"
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

    They are ``(experts, out, in)`` or ``(experts, in, out)`` and no layers of their own, so that
    adapters of linear layers pass them by.
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
