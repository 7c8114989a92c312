"""Options of the ``[data]`` table. Torch-free."""

from __future__ import annotations

from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config import component, option
from geoframe_data.graph_options import Duplicates, GraphOptions

Cycles = Literal["refuse", "condense", "break", "keep"]


@attrs.frozen(kw_only=True)
class GraphDataConfig(GraphOptions):
    """A weighted directed graph: the user's file, or a dataset by name."""

    self_loops: Literal["drop", "refuse"] = option(
        "drop", help="What to do with an edge from a node to itself, which no order can honour."
    )
    duplicates: Duplicates = option(
        "refuse",
        help="Weight of an edge that stands there several times with different weights; exact "
        "repetitions are merged in any case (sum adds them up).",
    )
    cycles: Cycles = option(
        "refuse",
        help="What to do with cycles, which no order can honour: condense merges the nodes of a "
        "cycle, break drops a minimum feedback arc set, keep leaves them.",
    )
    dataset: Component = component(
        "dataset",
        default={"name": "installed-distributions"},
        provides=("graph", "tree"),
        help="The graph to use when path is left out.",
    )
