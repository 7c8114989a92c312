"""The dependency graph of the Python distributions installed in this environment."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np

from geoframe.dataset import Dataset
from geoframe_data.graph import Features, Graph

if TYPE_CHECKING:
    from packaging.requirements import Requirement


@attrs.frozen(kw_only=True)
class InstalledDistributions(Dataset):
    """Python distributions of this environment; a requirement precedes what requires it.

    Nodes are distributions, sorted by name. An edge u -> v says that v requires u here: markers
    are evaluated, and ``u[extra]`` makes v require what that extra of u requires too. The weight is
    :func:`~geoframe_nst.datasets.requirements.requirement_distance`: the Jaccard distance
    between u and v, each with all that it needs. It depends on nothing but names and requirements,
    so two machines with the same environment get the same graph.

    Distributions that require each other are merged (``a+b``), and this is recorded. Features:
    logarithms of 1 + the number of direct requirements, of direct dependents, of files, and of
    KiB installed. Times: depth, the longest chain of requirements below the distribution.
    """

    provides = "graph"

    component: ClassVar[str] = "geoframe_nst.datasets.installed:InstalledDistributions"

    def load(self) -> Graph:
        """Read the metadata of everything on ``sys.path``.

        Raises
        ------
        DataError
            If no installed distribution requires another.
        """
        # Imported here: the class is looked at by every check of a config that names it.
        from geoframe_data.dag import depth
        from geoframe_nst.data import repair
        from geoframe_nst.datasets.requirements import requirement_distance

        installed = _installed()
        names = sorted(installed)
        index = {name: row for row, name in enumerate(names)}
        requirements, unreadable = _requirements(installed)
        pairs = sorted(
            (index[needed], index[name])
            for name in names
            for needed in _needs(name, requirements)
            if needed != name
        )
        edges = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        note = f"passed over {unreadable} requirements that cannot be parsed"
        graph = repair(
            Graph(
                origin="installed distributions",
                names=tuple(names),
                edges=edges,
                weights=np.ones(len(edges)),
                features=_features([installed[name] for name in names], edges),
                repairs=(note,) if unreadable else (),
            ),
            cycles="condense",
        )
        return attrs.evolve(
            graph,
            weights=requirement_distance(len(graph), graph.edges),
            times=depth(len(graph), graph.edges),
        )


def _installed() -> dict[str, metadata.Distribution]:
    """Canonical name -> distribution; the first on ``sys.path`` is the one that is imported."""
    from packaging.utils import canonicalize_name

    found: dict[str, metadata.Distribution] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"] if distribution.metadata else None
        if name:  # an interrupted uninstall leaves folders without metadata
            found.setdefault(canonicalize_name(name), distribution)
    return found


def _requirements(
    installed: dict[str, metadata.Distribution],
) -> tuple[dict[str, list[Requirement]], int]:
    """Parse all requirements; also count those that no tool of today can parse."""
    from packaging.requirements import InvalidRequirement, Requirement

    parsed: dict[str, list[Requirement]] = {name: [] for name in installed}
    unreadable = 0
    for name, distribution in installed.items():
        for text in distribution.requires or ():
            try:
                parsed[name].append(Requirement(text))
            except InvalidRequirement:
                unreadable += 1
    return parsed, unreadable


def _needs(name: str, requirements: dict[str, list[Requirement]]) -> set[str]:
    """Names of the installed distributions that ``name`` requires."""
    from packaging.utils import canonicalize_name

    needed: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [(name, "")]  # distributions and extras whose requirements count as ours
    while waiting:
        holder, extra = waiting.pop()
        if (holder, extra) in seen:
            continue
        seen.add((holder, extra))
        for requirement in _active(requirements[holder], extra):
            other = canonicalize_name(requirement.name)
            if other in requirements:
                needed.add(other)
                waiting += [(other, asked) for asked in sorted(requirement.extras)]
    return needed


def _active(requirements: list[Requirement], extra: str) -> Iterator[Requirement]:
    """Yield what counts for this extra alone, or, for the extra ``""``, without any."""
    for requirement in requirements:
        marker = requirement.marker
        always = marker is None or marker.evaluate({"extra": ""})
        if (always and not extra) or (
            extra and not always and marker is not None and marker.evaluate({"extra": extra})
        ):
            yield requirement


def _features(distributions: list[metadata.Distribution], edges: np.ndarray) -> Features:
    n = len(distributions)
    counts = np.zeros((n, 4))
    counts[:, 0] = np.bincount(edges[:, 1], minlength=n)
    counts[:, 1] = np.bincount(edges[:, 0], minlength=n)
    for row, distribution in enumerate(distributions):
        # Byte code comes and goes with use, so it is left out.
        files = [f for f in distribution.files or () if PurePath(f).suffix != ".pyc"]
        counts[row, 2] = len(files)
        counts[row, 3] = sum(file.size or 0 for file in files) / 1024
    return np.log1p(counts).astype(np.float32)
