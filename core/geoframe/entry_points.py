"""Entry points of all installed distributions, also of those beside a damaged one."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata


def declared(group: str, name: str | None = None) -> Iterator[metadata.EntryPoint]:
    """Entry points of a group, as ``importlib.metadata.entry_points`` gives them.

    A distribution whose metadata cannot be read is passed over, where the library's function
    fails for all of them; ``geoframe plugins`` reports it.
    """
    seen = set()
    for distribution in metadata.distributions():
        try:
            points = [point for point in distribution.entry_points if point.group == group]
            if not points or distribution.name in seen:  # the first on the path is imported
                continue
            seen.add(distribution.name)
        except Exception:  # damaged metadata raise anything
            continue
        yield from (point for point in points if name in (None, point.name))
