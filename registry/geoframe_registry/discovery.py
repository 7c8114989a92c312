"""What installed distributions declare, from their metadata alone: no plugin is imported."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from importlib import metadata

import attrs
from packaging.utils import canonicalize_name

from geoframe.components import KINDS, ComponentSpec
from geoframe.errors import PluginError, did_you_mean
from geoframe_registry import requirements

HOOKS = "geoframe.plugins"
"""Entry-point group of hook plugins: name -> module."""

COMMANDS = "geoframe.commands"
"""Entry-point group of extra verbs: name -> ``module:click_command``."""

LEFTOVER = "~"
"""How the metadata folder begins of what pip was removing when it was interrupted."""

LABELS = {**{group: kind for kind, group in KINDS.items()}, HOOKS: "hooks", COMMANDS: "verb"}
"""Entry-point group -> what is said of the things in it."""

KNOWN = {
    **{
        name: f"geoframe-{name}"
        for name in (
            *("nst", "cgenn", "sdi", "asymlora", "dreamup3d"),
            *("pathways", "ames", "snowflake", "cfdm", "hnn", "lgi"),
        )
    },
    **dict.fromkeys(
        ("euclidean", "hyperboloid", "poincare", "sphere", "product", "minkowski", "de-sitter"),
        "geoframe-spaces",
    ),
}
"""Component name -> the distribution that is known to bring it."""

OURS = frozenset(
    {
        *KNOWN.values(),
        *(f"geoframe-{room}" for room in ("core", "data", "embedding", "diffusion", "tensorboard")),
    }
)
"""Distributions of this project."""


@attrs.frozen(order=True)
class Entry:
    """One entry point of interest and the distribution that declares it."""

    group: str
    name: str
    distribution: str
    version: str
    target: str


@attrs.frozen
class Damaged:
    """A distribution whose metadata cannot be read."""

    where: str
    reason: str


@attrs.frozen
class Installed:
    """Everything found in one pass over the installed distributions."""

    entries: tuple[Entry, ...]
    damaged: tuple[Damaged, ...]


def installed() -> Installed:
    """Read the metadata of every distribution on ``sys.path`` (remembered until that changes)."""
    return _installed(tuple((entry, _changed(entry)) for entry in sys.path))


def entries(group: str) -> tuple[Entry, ...]:
    """Return the entry points of one group, sorted by name and distribution."""
    return tuple(entry for entry in installed().entries if entry.group == group)


def components(kind: str | None = None) -> tuple[ComponentSpec, ...]:
    """List the installed components, sorted by kind, name and distribution.

    Raises
    ------
    PluginError
        If there is no such kind.
    """
    if kind is not None and kind not in KINDS:
        raise PluginError(f"no kind '{kind}'{did_you_mean(kind, KINDS)}; known: {', '.join(KINDS)}")
    kinds = [kind] if kind else list(KINDS)
    return tuple(spec_of(entry) for each in kinds for entry in entries(KINDS[each]))


def spec_of(entry: Entry) -> ComponentSpec:
    """Turn a component's entry point into its spec."""
    return ComponentSpec(
        kind=next(kind for kind, group in KINDS.items() if group == entry.group),
        name=entry.name,
        target=entry.target,
        distribution=entry.distribution,
        version=entry.version,
    )


def component_names(kind: str) -> list[str]:
    """Names to use in a config, each once; conflicting ones with their distribution."""
    specs = components(kind)
    plain = [spec.name for spec in specs]
    return [
        spec.name if plain.count(spec.name) == 1 else f"{spec.distribution}:{spec.name}"
        for spec in specs
    ]


def find(kind: str, name: str) -> ComponentSpec:
    """Look a component up by ``name`` or, to choose between two, by ``distribution:name``.

    The spec returned carries the name that was asked for, so that what is stored refers to the
    same component again.

    Raises
    ------
    PluginError
        If it is not installed, if two distributions bring it, or if it needs another version of
        geoframe-core.
    """
    owner, _, plain = name.rpartition(":")
    matches = [spec for spec in components(kind) if spec.name == plain]
    if owner:
        owner = canonicalize_name(owner)
        matches = [spec for spec in matches if canonicalize_name(spec.distribution) == owner]
    if not matches:
        raise PluginError(_not_found(kind, name))
    if len(matches) > 1:
        choices = " and ".join(f"'{spec.distribution}:{spec.name}'" for spec in matches)
        raise PluginError(
            f"two plugins bring {kind} '{plain}': {choices}; use one of these names or remove one"
        )
    requirements.require_core(matches[0].distribution)
    return attrs.evolve(matches[0], name=name)


def _not_found(kind: str, name: str) -> str:
    names = component_names(kind)
    others = [spec.kind for spec in components() if spec.name == name]
    if name in KNOWN and not others:
        return f"{kind} '{name}': known plugin, not installed: pip install {KNOWN[name]}"
    hint = f"; '{name}' is of the kind {others[0]}" if others else did_you_mean(name, names)
    message = f"no {kind} '{name}' is installed{hint}"
    message += f"; installed: {', '.join(names) or 'none'}"
    for damaged in installed().damaged:
        message += f"; {damaged.where} is damaged and was passed over, reinstall it"
    return message


def _changed(entry: str) -> int:
    try:
        return os.stat(entry or ".").st_mtime_ns
    except OSError:
        return 0


def _is_leftover(distribution: metadata.Distribution) -> bool:
    """Whether pip was interrupted while it removed this: it renames to ``~`` what is to go."""
    path = getattr(distribution, "_path", None)
    return path is not None and os.path.basename(str(path)).startswith(LEFTOVER)


@lru_cache(maxsize=1)
def _installed(_path: tuple[tuple[str, int], ...]) -> Installed:
    entries: dict[str, set[Entry]] = {}
    damaged = []
    for distribution in metadata.distributions():
        if _is_leftover(distribution):
            continue
        try:
            found = [point for point in distribution.entry_points if point.group in LABELS]
            if not found:
                continue
            name, version = distribution.metadata["Name"], distribution.version
            if not name or not version:
                raise ValueError("its METADATA has no name or no version")
            # As for imports, the first copy of a distribution on the path hides the others.
            entries.setdefault(
                canonicalize_name(name),
                {Entry(point.group, point.name, name, version, point.value) for point in found},
            )
        except Exception as error:  # whatever a damaged file makes the standard library raise
            where = str(getattr(distribution, "_path", "a distribution without a name"))
            damaged.append(Damaged(where, f"{type(error).__name__}: {error}"))
    return Installed(
        tuple(sorted(entry for found in entries.values() for entry in found)),
        tuple(sorted(damaged, key=lambda each: each.where)),
    )
