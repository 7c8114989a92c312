"""Options of the ``[data]`` table. Torch-free."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from geoframe.components import Component
from geoframe.config.fields import component, option
from geoframe_data.graph_options import Duplicates, GraphOptions

Lengths = Literal["given", "ones", "nested"]


@attrs.frozen(kw_only=True)
class TreeDataConfig(GraphOptions):
    """A weighted tree: the user's file or folder, or a dataset by name."""

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
    multiple_parents: Literal["refuse", "first", "keep"] = option(
        "refuse",
        help="What to do with a node of several parents: first leaves out all but the first of "
        "them; keep hangs it from the one with the longest chain above it, and knows the others "
        "in all questions about ancestors.",
    )
    zero_lengths: Literal["merge", "refuse"] = option(
        "merge", help="What to do with edges of length 0, whose ends no embedding can tell apart."
    )
    duplicates: Duplicates = option(
        "refuse",
        help="Length of an edge that stands there several times with different lengths; exact "
        "repetitions are merged in any case.",
    )
    dataset: Component = component(
        "dataset",
        default={"name": "python-library"},
        provides=("tree", "graph"),
        help="The tree to use when path is left out.",
    )

    def reading(self) -> dict[str, Any]:
        """Keyword arguments of :func:`geoframe_data.read_graph`."""
        return {**super().reading(), "roots": True}
