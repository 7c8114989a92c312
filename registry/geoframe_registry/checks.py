"""Conformance of installed plugins: what they declare, and each thing that they bring."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib import invalidate_caches, metadata
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from geoframe.components import KINDS
from geoframe.errors import PluginError, did_you_mean
from geoframe_registry import hooks, requirements
from geoframe_registry.commands import import_command
from geoframe_registry.discovery import (
    COMMANDS,
    KNOWN,
    LABELS,
    Entry,
    find,
    installed,
    spec_of,
)
from geoframe_registry.plugins import conflicts
from geoframe_registry.summaries import locate

if TYPE_CHECKING:
    from geoframe.testing import Report, Watch

# The kit imports torch. It is imported on use, so that a misspelt name is told at once.


@attrs.frozen(kw_only=True)
class Plugin:
    """A distribution to check, with what is chosen of it."""

    distribution: str
    version: str
    entries: tuple[Entry, ...]
    whole: bool
    """Whether the distribution itself is checked too."""
    folder: Path | None = None
    """Where its modules have to come from, if that matters."""
    verbs: Collection[str] = ()
    """Built-in verbs, which it may not replace."""


@attrs.frozen
class Subject:
    """One thing to check: a distribution itself, or something that it brings."""

    plugin: Plugin
    entry: Entry | None
    """None for the distribution."""

    @property
    def kind(self) -> str:
        """``"plugin"``, a kind of component, ``"hooks"`` or ``"verb"``."""
        return "plugin" if self.entry is None else LABELS[self.entry.group]

    @property
    def name(self) -> str:
        """Name of the distribution or of what it brings."""
        return self.plugin.distribution if self.entry is None else self.entry.name

    def __str__(self) -> str:
        owner = f"{self.plugin.distribution} {self.plugin.version}"
        return f"plugin {owner}" if self.entry is None else f"{self.kind} '{self.name}' of {owner}"


def subjects(plugin: Plugin) -> list[Subject]:
    """List what is to be checked of a plugin."""
    found: list[Entry | None] = [None] if plugin.whole else []
    return [Subject(plugin, entry) for entry in (*found, *plugin.entries)]


def select(names: Sequence[str], *, verbs: Collection[str] = ()) -> list[Plugin]:
    """Choose what to check; nothing is imported.

    Parameters
    ----------
    names
        Distributions, or names of what they bring (also as ``distribution:name``); none for
        everything that is installed.
    verbs
        Built-in verbs.

    Raises
    ------
    PluginError
        If a name is that of nothing installed.
    """
    entries = installed().entries
    owners: dict[str, Entry] = {canonicalize_name(entry.distribution): entry for entry in entries}
    chosen: dict[str, set[Entry]] = {}
    whole: set[str] = set() if names else set(owners)
    for name in names:
        owner, _, plain = name.rpartition(":")
        if canonicalize_name(name) in owners:
            whole.add(canonicalize_name(name))
            continue
        matches = [
            entry
            for entry in entries
            if entry.name == plain
            and (not owner or canonicalize_name(entry.distribution) == canonicalize_name(owner))
        ]
        if not matches:
            raise PluginError(_nothing_named(name, entries))
        for entry in matches:
            chosen.setdefault(canonicalize_name(entry.distribution), set()).add(entry)
    return [
        Plugin(
            distribution=owners[owner].distribution,
            version=owners[owner].version,
            entries=tuple(
                entry
                for entry in entries
                if canonicalize_name(entry.distribution) == owner
                and (owner in whole or entry in chosen[owner])
            ),
            whole=owner in whole,
            verbs=verbs,
        )
        for owner in sorted(whole | chosen.keys())
    ]


def _nothing_named(name: str, entries: Sequence[Entry]) -> str:
    if name in KNOWN:
        return f"'{name}': known plugin, not installed: pip install {KNOWN[name]}"
    if name in KNOWN.values():
        return f"'{name}' is not installed: pip install {name}"
    known = {name for entry in entries for name in (entry.name, entry.distribution)}
    return (
        f"no plugin or component '{name}' is installed{did_you_mean(name, known)}; "
        "'geoframe plugins' shows all"
    )


@contextmanager
def unpacked(wheel: Path, *, verbs: Collection[str] = ()) -> Iterator[Plugin]:
    """Put a built wheel in front of everything installed, and yield it as a plugin.

    Raises
    ------
    PluginError
        If the file is no wheel, or brings nothing for geoframe.
    """
    with tempfile.TemporaryDirectory(prefix="geoframe-wheel-") as temporary:
        folder = Path(temporary)
        try:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
        except (OSError, zipfile.BadZipFile) as error:
            raise PluginError(f"{wheel}: is not a wheel that can be read: {error}") from None
        found = [*metadata.distributions(path=[temporary])]
        if len(found) != 1 or not found[0].metadata["Name"]:
            raise PluginError(f"{wheel}: is not a wheel: it needs one .dist-info folder")
        name = found[0].metadata["Name"]
        sys.path.insert(0, temporary)
        try:
            invalidate_caches()
            if not any(entry.distribution == name for entry in installed().entries):
                raise PluginError(f"{wheel}: {name} declares no entry point for geoframe")
            [plugin] = select([name], verbs=verbs)
            yield attrs.evolve(plugin, folder=folder)
        finally:
            sys.path.remove(temporary)
            _forget_modules_below(folder)


def _forget_modules_below(folder: Path) -> None:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is not None and folder in Path(file).parents:
            del sys.modules[name]


def check(subject: Subject, watch: Watch | None = None) -> Report:
    """Check one thing in this process; ``watch`` is told of each check."""
    from geoframe.testing import check_component, run_checks

    entry = subject.entry
    if entry is None:
        return run_checks(str(subject), PLUGIN_CHECKS, subject.plugin, watch=watch)
    if entry.group in KINDS.values():
        return check_component(spec_of(entry), resolve=find, watch=watch)
    return run_checks(str(subject), ENTRY_CHECKS, entry, watch=watch)


def it_states_its_core(plugin: Plugin) -> None:
    """It requires ``geoframe-core`` with an upper bound, and not ``geoframe``, another project."""
    from geoframe.testing import CheckSkipped, ensure

    if canonicalize_name(plugin.distribution) == "geoframe-core":
        raise CheckSkipped("it is the core")
    required: dict[str, SpecifierSet] = {}
    for text in metadata.requires(plugin.distribution) or ():
        requirement = Requirement(text)
        required[canonicalize_name(requirement.name)] = requirement.specifier
    ensure("geoframe" not in required, "it requires 'geoframe'; the name is geoframe-core")
    ensure("geoframe-core" in required, "it does not require geoframe-core")
    operators = {each.operator for each in required["geoframe-core"]}
    ensure(
        operators & {"<", "<=", "==", "~="},
        "its requirement of geoframe-core has no upper bound, such as geoframe-core>=0.2,<0.3",
    )


def its_requirements_are_met(plugin: Plugin) -> None:
    """What it requires is installed, in a version that fits."""
    from geoframe.testing import ensure

    missing = [
        f"{each.requirement} ({each.found})" for each in requirements.unmet(plugin.distribution)
    ]
    ensure(not missing, f"not met: {', '.join(missing)}")


def its_names_are_its_own(plugin: Plugin) -> None:
    """No other distribution brings the same kind and name, and no built-in verb is replaced."""
    from geoframe.testing import ensure

    taken = list(conflicts(list(plugin.entries), installed().entries, plugin.verbs))
    ensure(not taken, "; ".join(taken))


def its_modules_are_in_the_wheel(plugin: Plugin) -> None:
    """What its entry points name lies in the wheel, not in a working folder beside it."""
    from geoframe.testing import CheckSkipped, ensure

    if plugin.folder is None:
        raise CheckSkipped("it is checked as installed")
    for entry in plugin.entries:
        module = entry.target.partition(":")[0]
        found = locate(module)
        ensure(
            found is not None and found.origin and plugin.folder in Path(found.origin).parents,
            f"{LABELS[entry.group]} '{entry.name}': the wheel has no module '{module}'",
        )


def it_can_be_used(entry: Entry) -> None:
    """A hook plugin imports, fits the hook API and has hooks that exist; a verb is a command."""
    if entry.group == COMMANDS:
        import_command(entry)
    else:
        hooks.register(hooks.new_manager(), entry)


PLUGIN_CHECKS = (
    it_states_its_core,
    its_requirements_are_met,
    its_names_are_its_own,
    its_modules_are_in_the_wheel,
)
"""For a distribution. Each takes a :class:`Plugin`."""

ENTRY_CHECKS = (it_can_be_used,)
"""For hook plugins and verbs. Each takes an :class:`~geoframe_registry.discovery.Entry`."""
