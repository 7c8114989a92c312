"""The spaces that ``geoframe try`` compares, and what it says of them. Torch-free until asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import geoframe
from geoframe import ConfigError, PluginError
from geoframe.components import KINDS
from geoframe.entry_points import declared

if TYPE_CHECKING:
    import pandas as pd

Table = Mapping[str, Any]

DIM = 3
"""Dimensions in which distances are compared: products of a plane and a line have as many."""
WORDS = {
    "euclidean": "flat space",
    "hyperboloid": "hyperbolic space (the geometry of trees)",
    "sphere": "a sphere",
    "snowflake-power": "a snowflake (flat space, with a power of its distance)",
    "hyperboloid x euclidean": "a product of the hyperbolic plane and a line",
    "sphere x euclidean": "a product of a sphere and a line",
    "spacetime": "a spacetime",
}
SNOWFLAKE = {"name": "snowflake-power", "exponent": 1.0, "learnable": True}
LEAST_ORDERED = 0.05
"""Share of pairs that have to be in an order for it to be looked at."""
OURS = frozenset(f"geoframe-{name}" for name in ("spaces", "snowflake", "hnn", "cgenn", "nst"))
"""Distributions whose geometries are compared in one form each (poincare is the hyperboloid)."""


def _times_line(curved: str) -> Table:
    """Return the product of a curved plane, which starts at the widest axes, and a line."""
    factors = [{"name": curved, "dim": 2}, {"name": "euclidean", "dim": 1}]
    return {"name": "product", "factors": factors, "learnable": True}


SPACES: tuple[Table, ...] = (
    {"name": "euclidean"},
    {"name": "hyperboloid"},
    {"name": "sphere"},
    SNOWFLAKE,
    _times_line("hyperboloid"),
    _times_line("sphere"),
)
"""What is compared by distances, as far as it is installed, the plainest first."""


def spaces(tables: tuple[Table, ...] = SPACES) -> list[Table]:
    """Those that are installed here, and every geometry that others have installed."""
    found = []
    others = ({"name": point.name} for point in declared(KINDS["geometry"]) if _others(point.dist))
    for table in (*tables, *others):
        options = dict(table)
        try:
            built = geoframe.build("geometry", options.pop("name"), **options)
        except (PluginError, ConfigError):
            continue  # not installed, or it cannot be built without being told more
        if built.promise.nonnegative:
            found.append(table)
    return found


def _others(distribution: Any) -> bool:
    return distribution is not None and distribution.name not in OURS


def compare_spaces(distances: NDArray[np.float64]) -> pd.DataFrame:
    """Rank what is installed by distances; see ``rank_geometries``."""
    from geoframe_embedding.geometry_choice import rank_geometries

    return rank_geometries(distances, spaces(), DIM, seeds=(0,), items=64, steps=100)


def advise_space(distances: NDArray[np.float64]) -> str:
    """Say which space suits symmetric distances ``(n, n)``."""
    table = compare_spaces(distances)
    ranked = [f"{name} {misfit:.3g}" for name, misfit in table["misfit"].items()]
    return (
        f"Of spaces with {DIM} dimensions {_chosen(table)} suits the distances best (misfit on "
        f"pairs left out: {', '.join(ranked)})."
    )


def compare_orders(directed: NDArray[np.float64]) -> pd.DataFrame:
    """Rank what is installed by directed distances and order; see ``rank_orders``."""
    from geoframe_embedding.order_choice import SPACETIME, rank_orders

    tables = spaces((*SPACES[:3], SNOWFLAKE, SPACETIME))
    return rank_orders(directed, tables, seeds=(0,))


def advise_order(directed: NDArray[np.float64]) -> Iterator[str]:
    """Say which space suits what leads to what ``(n, n)``; infinite where nothing leads."""
    there = np.isfinite(directed)
    one_way = (there & ~there.T).sum() / max(1, len(there) * (len(there) - 1) / 2)
    if one_way < LEAST_ORDERED:
        yield (
            f"Only {one_way:.1%} of pairs are in an order (one leads to the other and not back): "
            "there is none to embed."
        )
        return
    table = compare_orders(directed)
    ranked = [f"{name} {row.wrong:.1%} and {row.lengths:.3g}" for name, row in table.iterrows()]
    ordered = bool(table.loc[table["chosen"], "ordered"].iloc[0])
    end = "" if ordered else ", with cones around a root as its order"
    yield (
        f"If what leads to what counts, {_chosen(table)} suits best{end} (of pairs left out, order "
        f"told wrongly and misfit of lengths, with six numbers an item: {', '.join(ranked)})."
    )


def _chosen(table: pd.DataFrame) -> str:
    name = str(table.index[table["chosen"]][0])
    return WORDS.get(name, name)
