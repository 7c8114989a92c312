"""Options of the ``[data]`` table. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config.fields import component, option

Format = Literal[
    "auto", "newick", "nexus", "csv", "tsv", "graphml", "json", "npz", "paths", "folder"
]
Lengths = Literal["given", "ones", "nested"]


@attrs.frozen(kw_only=True)
class TreeDataConfig:
    """A weighted tree: the user's file or folder, or a dataset by name."""

    path: Path | None = option(
        None, help="The file or folder that holds the tree; without it the dataset below is used."
    )
    format: Format = option(
        "auto",
        help="Format of the file; auto goes by its suffix. 'paths' is text with one path like "
        "animals/birds/owl a line; 'folder' is the directory tree itself.",
    )
    source: str = option("parent", help="Column of the parent.")
    target: str = option("child", help="Column of the child.")
    weight: str = option(
        "length", help="Column, edge attribute or array of the edge's length, a positive number."
    )
    lengths: Lengths = option(
        "given",
        help="Edge lengths: given (1 where the file has none), ones, or nested: 3^depth, which "
        "makes every ancestor nearer than anything else.",
    )
    root: str = option(
        "given",
        help="The root: as given (in an undirected tree: the centre), 'centre' to make the tree "
        "as low as possible, or the name of a node.",
    )
    roots: Literal["refuse", "join"] = option(
        "refuse", help="What to do with several roots: join hangs them below a new node."
    )
    multiple_parents: Literal["refuse", "first"] = option(
        "refuse", help="What to do with a node of several parents: first keeps the first of them."
    )
    zero_lengths: Literal["merge", "refuse"] = option(
        "merge", help="What to do with edges of length 0, whose ends no embedding can tell apart."
    )
    dataset: Component = component(
        "dataset",
        default={"name": "python-library"},
        provides=("tree",),
        help="The tree to use when path is left out.",
    )
