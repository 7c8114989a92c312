"""From the options of a run to the condition that it samples under."""

from __future__ import annotations

from torch import Tensor

from geoframe import ConfigError, DataError
from geoframe.errors import did_you_mean
from geoframe_cfdm.config import CFDMConfig
from geoframe_cfdm.partial import read_partial
from geoframe_cfdm.sampling.condition import Condition
from geoframe_data import Items


def condition_of(config: CFDMConfig, items: Items) -> Condition | None:
    """Return what ``cfdm.label`` and ``cfdm.inpaint`` ask for, or None.

    Raises
    ------
    ConfigError
        If it cannot be asked of this sampler.
    DataError
        If there is no such label, or the known item cannot be used.
    """
    asked = config.cfdm.inpaint
    if config.cfdm.label is None and asked.known is None:
        if asked.mask is not None:
            raise ConfigError(["cfdm.inpaint.mask: needs the item itself, cfdm.inpaint.known"])
        return None
    if config.sampler.name != "closed-form":
        raise ConfigError(
            [
                f"sampler.name: '{config.sampler.name}' draws without conditions; leave cfdm.label "
                "and cfdm.inpaint out, or use closed-form"
            ]
        )
    known: Tensor | None = None
    mask: Tensor | None = None
    if asked.known is not None:
        if config.cfdm.latent_dim:
            raise ConfigError(
                [
                    "cfdm.inpaint: parts of an item are no parts of its latent coordinates; set "
                    "cfdm.latent_dim = 0"
                ]
            )
        known, mask = read_partial(asked.known, asked.mask, config.data, items)
    label = None if config.cfdm.label is None else _number(config.cfdm.label, items)
    return Condition(label=label, known=known, mask=mask, tolerance=asked.tolerance)


def _number(label: int | str, items: Items) -> int:
    """Number of a label that is given by number or, first of all, by name."""
    if items.labels is None:
        raise DataError(f"{items.origin}: has no labels for cfdm.label; name them with data.labels")
    names = items.label_names
    if str(label) in names:
        number = names.index(str(label))
    elif isinstance(label, int):
        number = label
    else:
        raise DataError(
            f"{items.origin}: no label '{label}'{did_you_mean(label, names)}; labels: "
            f"{', '.join(names[:20]) or 'numbers'}"
        )
    if (count := int((items.labels == number).sum())) < 2:
        raise DataError(f"{items.origin}: label '{label}' has {count} items; two are needed")
    return number
