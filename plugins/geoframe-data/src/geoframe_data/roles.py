"""What the columns of a table are for, by their names and contents. Torch-free."""

from __future__ import annotations

import re

import numpy as np

from geoframe_data.schema import ColumnType
from geoframe_data.table import Table

TARGETS = ("target", "label", "labels", "class", "y", "outcome", "response", "species", "price")
ENDS = (
    ("source", "target"),
    ("from", "to"),
    ("parent", "child"),
    ("u", "v"),
    ("head", "tail"),
    ("prerequisite", "course"),
    ("cause", "effect"),
    ("requires", "package"),
)
"""Names of the two ends of an edge, what comes first before what comes after."""
MOST_CLASSES = 30
WORDS = 4
"""Words of a cell that make a column one of texts, on average."""
SAMPLE = 5000
"""Rows that are looked at."""
COMPONENTS = (r"(?P<axis>[xyz])[._ -]?(?P<rest>.*)", r"(?P<rest>.*?)[._ -]?(?P<axis>[xyz])")
"""How the component of a vector is called: x1, px, vel_x."""


def named_ends(table: Table) -> tuple[str, str] | None:
    """Columns of the two ends of an edge, what comes first before what comes after, by name."""
    names = {name.lower(): name for name in table.columns}
    found = ((names.get(first), names.get(second)) for first, second in ENDS)
    return next(((a, b) for a, b in found if a is not None and b is not None), None)


def is_edge_list(table: Table) -> bool:
    """Whether the first columns are the two ends of edges, by their names or their contents."""
    names = table.columns
    if named_ends(table) is not None:
        return True
    if not 2 <= len(names) <= 4 or len(table) < 2:
        return False
    first, second = (table.texts(name)[:SAMPLE] for name in table.columns[:2])
    kinds = {table.schema[name].kind for name in table.columns[:2]}
    if "number" in kinds:
        return False
    left, right = set(first.tolist()), set(second.tolist())
    shared = len(left & right)
    # In a tree all inner nodes but the root are children too.
    return shared >= 0.3 * min(len(left), len(right)) and len(left | right) > 3


def target_of(table: Table, *, but: str | None = None) -> str | None:
    """The column that is to be predicted: of a usual name, or the last one that may be.

    A component of a vector is none: the y beside x and z is no label.
    """
    if table.target is not None:
        return table.target
    unfit = ("date", "nested")
    inputs = {but, *(name for vector in vectors_of(table) for name in vector)} - {None}
    usable = [
        each for each in table.schema.columns if each.kind not in unfit and each.name not in inputs
    ]
    for name in TARGETS:
        for each in usable:
            if each.name.lower() == name:
                return each.name
    candidates = [each for each in usable if not _is_identifier(table, each)]
    return candidates[-1].name if len(candidates) > (not inputs) else None


def classes_of(table: Table, target: str) -> int:
    """Number of classes of a target; 0 if it is of numbers, as fractions always are."""
    kind = table.schema[target].kind
    if kind == "number":
        return 0
    values = table.texts(target)
    distinct = len({value for value in values.tolist() if value != ""})
    return 0 if kind == "integer" and distinct > MOST_CLASSES else distinct


def has_texts(table: Table) -> str | None:
    """The column of sentences, if there is one."""
    for name in table.columns:
        if table.schema[name].kind in ("number", "integer", "date", "nested", "boolean"):
            continue
        cells = table.texts(name)[:SAMPLE]
        filled = [cell for cell in cells.tolist() if cell]
        blanks = np.mean([cell.count(" ") for cell in filled]) if filled else 0.0
        if blanks >= WORDS - 1 and len(set(filled)) > 0.5 * len(filled):
            return name
    return None


def vectors_of(table: Table) -> list[list[str]]:
    """Columns that are the components of vectors: x1 y1 z1, px py pz, vel_x vel_y vel_z."""
    numbers = [each.name for each in table.schema.columns if each.kind in ("number", "integer")]
    found: dict[tuple[str, str], dict[str, str]] = {}
    for name in numbers:
        for pattern in (
            r"(?P<axis>[xyz])[._ -]?(?P<rest>.*)",
            r"(?P<rest>.*?)[._ -]?(?P<axis>[xyz])",
        ):
            match = re.fullmatch(pattern, name, re.IGNORECASE)
            if match:
                key = (pattern, match["rest"].lower())
                found.setdefault(key, {})[match["axis"].lower()] = name
    vectors = [[axes[a] for a in "xyz"] for axes in found.values() if set(axes) >= {"x", "y", "z"}]
    unique = {tuple(vector): vector for vector in vectors}
    return list(unique.values())


def _is_identifier(table: Table, column: ColumnType) -> bool:
    """Whether every row has a value of its own in a column of texts or whole numbers."""
    if column.kind == "number":
        return False
    values = table.texts(column.name)
    return len(set(values.tolist())) == len(values) and len(values) > MOST_CLASSES
