"""What the columns of a table are for, by their names and contents. Torch-free."""

from __future__ import annotations

import re
from itertools import combinations

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
    ("before", "after"),
    ("cited", "citing"),
    ("imported", "importer"),
    ("dependency", "package"),
    ("ancestor", "descendant"),
    ("requires", "package"),
    ("manager", "employee"),
    ("boss", "employee"),
    ("supervisor", "employee"),
    ("reports_to", "employee"),
)
"""Names of the two ends of an edge, what comes first before what comes after."""
ANSWERS = (("instruction", "output"), ("prompt", "response"), ("prompt", "completion"))
"""Columns of a text and of what a model has to write to it."""
APART = frozenset(
    ("user", "customer", "item", "product", "movie", "film", "book", "song", "store", "order")
)
"""Things of different kinds, whose numbers may be the same: a rating is no edge of a graph."""
KNOWN_ENDS = 4
"""Pairs of names, of the first, that readers know without being told."""
MOST_EDGE_COLUMNS = 6
"""Columns up to which a table whose names say nothing is looked at for the two ends of edges."""
NO_NAMES = ("number", "date", "nested", "boolean")
"""Types of columns that name nothing."""
MOST_CLASSES = 30
MANY = 31
"""Rows from which values that all differ are no accident."""
IDENTIFIER = re.compile(r"(?:^|[\W_])(?:id|nr|no|key|number|index)$|\w[a-z]I[dD]$", re.IGNORECASE)
NAMING = re.compile(r"[ _.-]?(?:id|nr|no|name)$")
SERIES = re.compile(r"[ _.-]?\d+$")
"""What numbers a column of several that are alike."""
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


def ends_of(table: Table) -> tuple[str, str] | None:
    """Columns of the two ends of edges: by their names, or else by what is in them.

    Two columns of names, or of whole numbers, are ends if they tell of the same things, in pairs
    that do not come again and again as those of two categories do. Whole numbers are that only in
    the first two columns: elsewhere they are counts as a rule.
    """
    if (named := named_ends(table)) is not None:
        return named
    if not 2 <= len(table.columns) <= MOST_EDGE_COLUMNS or len(table) < 2:
        return None
    kinds = {name: table.schema[name].kind for name in table.columns}
    usable = [
        name
        for place, name in enumerate(table.columns)
        if kinds[name] not in NO_NAMES and (kinds[name] != "integer" or place < 2)
    ]
    if len({NAMING.sub("", name.lower()) for name in table.columns} & APART) > 1:
        return None
    whole = {name: kinds[name] == "integer" for name in usable}
    pairs = [(a, b) for a, b in combinations(usable, 2) if whole[a] is whole[b]]
    return next((pair for pair in pairs if _join(table, *pair)), None)


def edge_columns(table: Table, ends: tuple[str, str]) -> dict[str, str]:
    """Say which columns a reader of edges has to be told: ``source``, ``target``, ``weight``.

    Of several columns of numbers the length is the one that does not number the rows.
    """
    known = (ends[0].lower(), ends[1].lower()) in ENDS[:KNOWN_ENDS]
    told = {} if known else {"source": ends[0], "target": ends[1]}
    numbers = [
        each.name
        for each in table.schema.columns
        if each.kind in ("number", "integer") and each.name not in ends
    ]
    measures = [name for name in numbers if not _counts_rows(table, name)]
    if len(numbers) > 1 and len(measures) == 1 and measures[0].lower() != "weight":
        told["weight"] = measures[0]
    return told


def _counts_rows(table: Table, name: str) -> bool:
    cells = table.texts(name).tolist()
    return any(cells == [str(first + k) for k in range(len(cells))] for first in (0, 1))


def _join(table: Table, first: str, second: str) -> bool:
    """Whether the cells of two columns are the names of the same things, in pairs."""
    cells = [table.texts(name)[:SAMPLE].tolist() for name in (first, second)]
    rows = list(zip(*cells, strict=True))
    left, right = map(set, cells)
    # In a tree all inner nodes but the root are children too.
    alike = len(left & right) >= 0.3 * min(len(left), len(right)) and len(left | right) > 3
    loops = sum(a == b for a, b in rows)
    return alike and len(set(rows)) >= 0.8 * len(rows) and loops <= 0.1 * len(rows)


def target_of(table: Table, *, but: str | None = None) -> str | None:
    """The column that is to be predicted: of a usual name, or the last one that may be.

    A component of a vector is none: the y beside x and z is no label.
    """
    if table.target is not None:
        return table.target
    unfit = ("date", "nested")
    vectors = vectors_of(table) or _places(table)
    inputs = {but, *(name for vector in vectors for name in vector)} - {None}
    usable = [
        each for each in table.schema.columns if each.kind not in unfit and each.name not in inputs
    ]
    for name in TARGETS:
        for each in usable:
            if each.name.lower() == name:
                return each.name
    candidates = [each for each in usable if not _is_identifier(table, each)]
    if len(candidates) <= (not inputs) or _is_in_series(table, candidates[-1]):
        return None
    return candidates[-1].name


def _places(table: Table) -> list[list[str]]:
    """The columns x and y, where all other numbers are none: points of a plane."""
    numbers = [each.name for each in table.schema.columns if each.kind in ("number", "integer")]
    return [numbers] if sorted(name.lower() for name in numbers) == ["x", "y"] else []


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
        filled = [cell for cell in table.texts(name)[:SAMPLE].tolist() if cell]
        words = [sum(any(map(str.isalpha, each)) for each in cell.split()) for cell in filled]
        if filled and np.mean(words) >= WORDS and len(set(filled)) > 0.5 * len(filled):
            return name
    return None


def answered_by(table: Table) -> tuple[str, str] | None:
    """Columns of prompts and of their answers, if there are."""
    names = {name.lower(): name for name in table.columns}
    found = ((names.get(first), names.get(second)) for first, second in ANSWERS)
    return next(((a, b) for a, b in found if a is not None and b is not None), None)


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
    """Whether every row has a value of its own in a column of texts, or a number near the others.

    Whole numbers far from each other are counts or measures, unless they are called otherwise.
    """
    values = table.texts(column.name)
    if column.kind == "number" or len({*values.tolist()}) < len(values):
        return False
    if column.kind != "integer" or (len(values) >= MANY and IDENTIFIER.search(column.name)):
        return True
    numbers = table.numbers(column.name)
    return len(values) >= MANY and bool(np.ptp(numbers) < 2 * len(numbers))


def _is_in_series(table: Table, column: ColumnType) -> bool:
    """Whether a column of numbers is one of many that are only numbered: gene 1, ..., gene 40."""
    if column.kind not in ("number", "integer"):
        return False
    stem = SERIES.sub("", column.name)
    numeric = [each.name for each in table.schema.columns if each.kind in ("number", "integer")]
    alike = sum(SERIES.sub("", name) == stem for name in numeric)
    return stem != column.name and alike > 2 and 2 * alike > len(numeric)
