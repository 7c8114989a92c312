"""From the ``[data]`` table to a tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs

from geoframe.data import format_by_suffix
from geoframe.errors import DataError
from geoframe_hnn.build import build_tree
from geoframe_hnn.data_config import Format, TreeDataConfig
from geoframe_hnn.raw import RawTree
from geoframe_hnn.readers.arrays import read_npz
from geoframe_hnn.readers.networks import read_graphml, read_json
from geoframe_hnn.readers.paths import read_folder, read_paths
from geoframe_hnn.readers.phylogeny import read_phylogeny
from geoframe_hnn.readers.tables import read_parent_list
from geoframe_hnn.tree import Tree

SUFFIXES: dict[str, Format] = {
    ".nwk": "newick",
    ".newick": "newick",
    ".tre": "newick",
    ".tree": "newick",
    ".nex": "nexus",
    ".nexus": "nexus",
    ".csv": "csv",
    ".tsv": "tsv",
    ".graphml": "graphml",
    ".json": "json",
    ".npz": "npz",
    ".txt": "paths",
}
"""File suffix -> format."""

READERS: dict[Format, Callable[[Path, TreeDataConfig], RawTree]] = {
    "newick": lambda path, config: read_phylogeny(path, "newick"),
    "nexus": lambda path, config: read_phylogeny(path, "nexus"),
    "csv": lambda path, config: read_parent_list(path, config, ","),
    "tsv": lambda path, config: read_parent_list(path, config, "\t"),
    "graphml": read_graphml,
    "json": read_json,
    "npz": read_npz,
    "paths": lambda path, config: read_paths(path),
    "folder": lambda path, config: read_folder(path),
}
"""Format -> function that reads it."""


def load_tree(config: TreeDataConfig) -> Tree:
    """Read the user's tree, or build the dataset that stands for it, and apply the policies.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    return build_tree(
        _dataset(config) if config.path is None else _read(config.path, config),
        lengths=config.lengths,
        root=config.root,
        roots=config.roots,
        multiple_parents=config.multiple_parents,
        zero_lengths=config.zero_lengths,
    )


def _read(path: Path, config: TreeDataConfig) -> RawTree:
    format = config.format
    if format == "auto":
        format = "folder" if path.is_dir() else format_by_suffix(path, SUFFIXES)
    return READERS[format](path, config)


def _dataset(config: TreeDataConfig) -> RawTree:
    origin = f"dataset '{config.dataset.name}'"
    found = config.dataset.build().load()
    if not isinstance(found, RawTree):
        raise DataError(f"{origin}: holds a {type(found).__name__}, not a tree")
    return attrs.evolve(found, origin=origin)
