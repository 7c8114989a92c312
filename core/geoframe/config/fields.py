"""How a config class declares its options: value, range, unit and the sentence that explains it.

A config class is a plain ``attrs.frozen(kw_only=True)`` class whose fields are made by the
functions of this module. What they record serves validation, ``geoframe init`` (the commented
TOML), ``geoframe info`` and the reference pages alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

METADATA_KEY = "geoframe"


@attrs.frozen(kw_only=True)
class Option:
    """What is known of one option besides its name, type and default."""

    help: str
    unit: str = ""
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    kind: str | None = None
    """The component kind (``"geometry"``, ...) if the option is a component reference."""
    needs: tuple[type, ...] = ()
    """Protocols (:mod:`geoframe.capabilities`) that the component must have."""
    provides: tuple[str, ...] = ()
    """Kinds of data of which a data set must provide one; none for any."""
    items: tuple[str, ...] = ()
    """What an embedder is given, of which it must take one; none for anything."""
    instead_of: str = ""
    """The option of the same table whose place this one takes when it is given."""
    many: bool = False
    """Whether the option is a list of component references."""
    component_default: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    """The table that stands for an absent component reference."""

    @property
    def range(self) -> str:
        """The allowed range in words, e.g. ``"> 0, <= 1"``; empty if there is none."""
        bounds = ((">=", self.ge), (">", self.gt), ("<=", self.le), ("<", self.lt))
        return ", ".join(f"{sign} {bound}" for sign, bound in bounds if bound is not None)

    def check(self, value: object) -> None:
        """Raise ``ValueError`` if a number (or any of a sequence) is not finite or out of range."""
        if isinstance(value, tuple | list):
            for item in value:
                self.check(item)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if not math.isfinite(value):
                raise ValueError(f"{value!r} is not a finite number")
            inside = (
                (self.ge is None or value >= self.ge)
                and (self.gt is None or value > self.gt)
                and (self.le is None or value <= self.le)
                and (self.lt is None or value < self.lt)
            )
            if not inside:
                raise ValueError(f"{value!r} is out of range; must be {self.range}")


def option_of(field: attrs.Attribute[Any]) -> Option:
    """Return what a config field declares (an empty :class:`Option` for a bare attrs field)."""
    found: Option = field.metadata.get(METADATA_KEY, Option(help=""))
    return found


def _check_range(instance: object, field: attrs.Attribute[Any], value: object) -> None:
    try:
        option_of(field).check(value)
    except ValueError as error:
        raise ValueError(f"{field.name}: {error}") from None


def option(
    default: Any = attrs.NOTHING,
    *,
    help: str,
    unit: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    instead_of: str = "",
) -> Any:
    """Declare a scalar option (or a tuple of scalars).

    Parameters
    ----------
    default
        The default; leave it out to make the option required. ``None`` is allowed only as a
        default, since TOML has no null.
    help
        One sentence, shown in the commented TOML and in ``geoframe info``.
    unit
        Unit of the value, e.g. ``"steps"`` or ``"MiB"``.
    ge, gt, le, lt
        Bounds of the allowed range.
    instead_of
        The option of the same table that has no say when this one is given. A config that gives
        either puts a default of the other aside; one that gives both is refused.
    """
    info = Option(help=help, unit=unit, ge=ge, gt=gt, le=le, lt=lt, instead_of=instead_of)
    return attrs.field(default=default, validator=_check_range, metadata={METADATA_KEY: info})


def section(cls: type, *, help: str = "") -> Any:
    """Declare a nested table whose config class is ``cls``; absent means all of its defaults."""
    return attrs.field(factory=cls, metadata={METADATA_KEY: Option(help=help)})


def component(
    kind: str,
    *,
    default: Mapping[str, Any] | None = None,
    needs: tuple[type, ...] = (),
    provides: tuple[str, ...] = (),
    items: tuple[str, ...] = (),
    help: str,
) -> Any:
    """Declare a reference to a component of ``kind``: a table ``{name = ..., option = ...}``.

    Parameters
    ----------
    kind
        ``"geometry"``, ``"embedder"``, ``"trainer"``, ``"sampler"``, ``"adapter"`` or
        ``"dataset"``.
    default
        The table used when the config has none. A user's table without ``name``, or with the
        same name, is laid over it; a table with another name replaces it.
    needs
        Protocols of :mod:`geoframe.capabilities` that the component must have: lists show those
        that declare them, and building another one is an error of the config.
    provides
        Kinds of data of which a data set must provide one.
    items
        What an embedder is given (``"features"``), of which it must take one.
    """
    info = Option(
        help=help,
        kind=kind,
        component_default=default,
        needs=needs,
        provides=provides,
        items=items,
    )
    return attrs.field(metadata={METADATA_KEY: info})


def components(
    kind: str,
    *,
    default: Sequence[Mapping[str, Any]] = (),
    needs: tuple[type, ...] = (),
    help: str,
) -> Any:
    """Declare a list of references to components of ``kind``; ``needs`` as in :func:`component`."""
    info = Option(help=help, kind=kind, many=True, component_default=tuple(default), needs=needs)
    return attrs.field(metadata={METADATA_KEY: info})


@attrs.frozen(kw_only=True)
class MethodConfig:
    """Base of every method's config: the keys that all methods share."""

    seed: int = option(0, ge=0, le=2**63 - 1, help="Seed of every random number of the run.")
