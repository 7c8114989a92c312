"""What every adapted layer starts with: its factors, and which of them is trained."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor, nn

from geoframe.adapter import Passes
from geoframe.errors import ConfigError
from geoframe_asymlora.files.stored import StoredLayer, Trained
from geoframe_asymlora.lora.config import AsymmetricLoRAConfig
from geoframe_asymlora.lora.factors import DRAWN, Draw, Factor, check_rank, finished, singular_rows
from geoframe_asymlora.lora.statistics import better_factor, collect, principal_rows
from geoframe_asymlora.lora.targets import Target


@attrs.frozen(kw_only=True, eq=False)
class Findings:
    """What the data said, by the layer's name; empty where the options do not ask."""

    principal: dict[str, Tensor] = attrs.field(factory=dict)
    """Principal directions as rows ``(rank, d_in)``."""
    trained: dict[str, Trained] = attrs.field(factory=dict)
    """The factor to train."""


def check_options(options: AsymmetricLoRAConfig) -> None:
    """Raise :class:`ConfigError` for options that contradict each other."""
    train, zero = options.train, options.zero
    if not options.targets:
        raise ConfigError(["adapter.targets: name at least one layer, or 'all-linear'"])
    for pattern, rank in options.ranks.items():
        if rank < 1:
            raise ConfigError([f"adapter.ranks: the rank for '{pattern}' is {rank}, below 1"])
    if zero != "auto" and train in ("A", "B") and zero != train:
        raise ConfigError(
            [
                f"adapter.zero: '{zero}' starts at zero and would be frozen, so that nothing "
                f"could be learned; leave it out, or train '{zero}' or both"
            ]
        )
    if options.share_a and train in ("A", "both"):
        raise ConfigError(["adapter.share_a: only a frozen A can be shared; set train = 'B'"])
    if options.init == "pca" and (train == "A" or zero == "A"):
        raise ConfigError(["adapter.init: 'pca' is a start of A, which here starts at zero"])


def look(
    options: AsymmetricLoRAConfig,
    model: nn.Module,
    targets: Sequence[Target],
    passes: Passes | None,
) -> Findings:
    """Look at data, if the options ask for it.

    Raises
    ------
    ConfigError
        If they do and there are no ``passes``, or if experts are to have what they cannot have.
    """
    found = Findings()
    experts = next((target.name for target in targets if target.experts), None)
    if experts is not None and (options.dropout or options.train == "auto"):
        key = "dropout" if options.dropout else "train = 'auto'"
        what = f"adapter.{key}: experts that are one parameter ('{experts}') cannot have it"
        raise ConfigError([f"{what}; leave it out"])
    if experts is not None and options.init not in DRAWN:
        raise ConfigError(
            [
                f"adapter.init: '{options.init}' is no start of experts that are one parameter "
                f"('{experts}'); use {', '.join(DRAWN)}"
            ]
        )
    if options.train != "auto" and options.init != "pca":
        return found
    if passes is None:
        key = "train = 'auto'" if options.train == "auto" else "init = 'pca'"
        raise ConfigError([f"adapter: {key} looks at data; attach it with passes over some"])
    for target, seen in collect(model, targets, passes, gradients=options.train == "auto"):
        if options.train == "auto":
            found.trained[target.name] = better_factor(seen)
        if options.init == "pca" and found.trained.get(target.name) != "A":
            check_rank(target.name, target.rank, target.d_in)
            rows = principal_rows(seen.moment, target.rank, options.pca)
            found.principal[target.name] = rows
    return found


def starting_layer(
    options: AsymmetricLoRAConfig,
    target: Target,
    layer: nn.Module,
    findings: Findings,
    *,
    seed: int,
    group: str,
) -> StoredLayer:
    """Return the starting factors of one layer: one of them zero.

    Parameters
    ----------
    layer
        The layer, whose weight some starts decompose.
    group
        Name by which A is drawn: that of the layer, or of those that share it.
    """
    chosen = findings.trained.get(target.name, options.train)
    train: Trained = "B" if chosen == "auto" else chosen
    both = train == "both"
    zero = ("B" if options.zero == "auto" else options.zero) if both else train
    factor: Factor = "B" if zero == "A" else "A"
    width = target.d_in if factor == "A" else target.d_out
    draw = None
    principal = findings.principal.get(target.name)
    if principal is not None:
        value = finished(principal, factor, options.row_norm)
    else:
        # With train = "auto", principal directions are for the layers whose A is frozen.
        init = "orthonormal" if options.init == "pca" else options.init
        if init not in ("kaiming", "gaussian"):
            check_rank(target.name, target.rank, width)
        if init in DRAWN:
            name = group if factor == "A" else target.name
            draw = Draw(seed=seed, name=name, init=init, norm=options.row_norm)
            value = draw.make(factor, target.rank, width, target.experts)
        else:
            stored = layer.get_parameter("weight")
            weight = stored.T if target.transposed else stored
            vectors = singular_rows(weight, factor, target.rank, last=init == "minor")
            value = finished(vectors, factor, options.row_norm)
    alpha = 2 * target.rank if options.alpha is None else options.alpha
    rows = target.rank * max(target.experts, 1)
    return StoredLayer(
        a=value if factor == "A" else torch.zeros(rows, target.d_in),
        b=value if factor == "B" else torch.zeros(target.d_out, rows),
        scale=alpha / (target.rank**0.5 if options.rank_stabilized else target.rank),
        train=train,
        draw=None if both else draw,
        experts=target.experts,
    )
