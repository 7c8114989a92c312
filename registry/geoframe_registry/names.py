"""Names of installed entry points, read as text: fast enough for ``--help`` and completion.

``importlib.metadata`` alone costs more time than the whole of ``geoframe --help``. Only names
come from here; whatever is then used is looked up by :mod:`geoframe_registry.discovery`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

FRAMEWORK = "geoframe"
"""Plugins say that they are for it; among its verbs that goes without saying."""
SUFFIXES = (".dist-info", ".egg-info")


def names(group: str) -> list[str]:
    """Sorted names of the entry points in ``group``, of every distribution on ``sys.path``."""
    found = {
        line.partition("=")[0].strip() for _, text, _ in _texts() for line in _section(text, group)
    }
    return sorted(found)


def summaries(group: str) -> dict[str, str]:
    """Names as of :func:`names`, each with what its distribution says of itself in one line."""
    found = {}
    for distribution, text, folder in _texts():
        for line in _section(text, group):
            name = line.partition("=")[0].strip()
            found[name] = _summary(folder) or f"a verb of {distribution}"
    return dict(sorted(found.items()))


def _summary(folder: str) -> str:
    for name in ("METADATA", "PKG-INFO"):
        try:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                for line in file:
                    if not line.strip():  # the description begins
                        break
                    if line.startswith("Summary:"):
                        said = line.partition(":")[2].strip().removesuffix(f"for {FRAMEWORK}")
                        return "".join(filter(str.isprintable, said)).rstrip(", ")
        except OSError:
            continue
    return ""


def distributions() -> list[str]:
    """Sorted names of the distributions that declare something for geoframe."""
    return sorted({name for name, text, _ in _texts() if "\n[geoframe." in f"\n{text}"})


def _section(text: str, group: str) -> Iterator[str]:
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            inside = line == f"[{group}]"
        elif inside and line and not line.startswith("#"):
            yield line


def _texts() -> Iterator[tuple[str, str, str]]:
    """Yield distributions, their ``entry_points.txt`` and where it is.

    The first on the path hides others.
    """
    seen = set()
    for entry in sys.path:
        for info, content in _entry_points_below(entry or "."):
            distribution = info.partition("-")[0].lower().replace("_", "-").replace(".", "-")
            if distribution in seen:
                continue
            seen.add(distribution)
            try:
                yield distribution, content.decode("utf-8"), os.path.join(entry, info)
            except UnicodeDecodeError:
                continue  # damaged; 'geoframe plugins' reports it


def _entry_points_below(entry: str) -> Iterator[tuple[str, bytes]]:
    try:
        infos = sorted(
            name
            for name in os.listdir(entry)
            # What begins with ~ pip was removing when it was interrupted.
            if name.lower().endswith(SUFFIXES) and not name.startswith("~")
        )
    except NotADirectoryError:
        yield from _entry_points_in_zip(entry)
        return
    except OSError:
        return
    for info in infos:
        try:
            with open(os.path.join(entry, info, "entry_points.txt"), "rb") as file:
                yield info, file.read()
        except OSError:
            yield info, b""  # it has none, but still hides a later copy of itself


def _entry_points_in_zip(entry: str) -> Iterator[tuple[str, bytes]]:
    import zipfile  # rarely needed, and not cheap to import

    try:
        with zipfile.ZipFile(entry) as archive:
            for name in archive.namelist():
                info, _, file = name.partition("/")
                if file == "entry_points.txt" and info.lower().endswith(SUFFIXES):
                    yield info, archive.read(name)
    except (OSError, zipfile.BadZipFile):
        return
