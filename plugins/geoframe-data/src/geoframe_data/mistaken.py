"""Files that are nearly something else: the line that says what to type instead. Torch-free."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe_data.files import read_head
from geoframe_data.table import Table

LEAST_ITEMS = 4
"""Items from which a matrix of 0 and 1 is one of neighbours."""
PARENTS = (
    ("father", "mother"),
    ("father_id", "mother_id"),
    ("dad", "mom"),
    ("sire", "dam"),
    ("vater", "mutter"),
    ("père", "mère"),
)
"""Names of two columns with the parents of each row."""


def refuse_adjacency(path: Path, distances: NDArray[np.floating]) -> None:
    """Refuse a matrix that says who is joined to whom.

    Raises
    ------
    DataError
        If all entries are 0 or 1; 0 is no distance of different items.
    """
    off = distances[~np.eye(len(distances), dtype=bool)]
    if len(distances) < LEAST_ITEMS or not ((off == 0).any() and np.isin(off, (0, 1)).all()):
        return
    raise DataError(
        f"{path}: a matrix of 0 and 1 says who is joined to whom, not how far; write its edges: "
        + _python(
            f"import pandas as pd; m = pd.read_csv({_literal(path)}, index_col=0).stack(); "
            'm[m > 0].rename_axis(["source", "target"]).reset_index()[["source", "target"]]'
            '.to_csv("edges.csv", index=False)'
        )
    )


def refuse_pedigree(path: Path, table: Table) -> None:
    """Refuse a table of which each row names its two parents.

    Raises
    ------
    DataError
        If it is one: its edges are in two columns.
    """
    names = {name.lower(): name for name in table.columns}
    for pair in PARENTS:
        if all(each in names for each in pair) and len(table.columns) > 2:
            parents = [names[each] for each in pair]
            child = next(name for name in table.columns if name not in parents)
            raise DataError(
                f"{path}: each row names two parents; write an edge a line: "
                + _python(
                    f"import pandas as pd; t = pd.read_csv({_literal(path)}, dtype=str); "
                    f't.melt({_literal(child)}, {_literal(parents)}, value_name="parent").dropna()'
                    f'.rename(columns={{{_literal(child)}: "child"}})[["parent", "child"]]'
                    '.to_csv("edges.csv", index=False)'
                )
            )


def refuse_geojson(path: Path) -> None:
    """Refuse features of GeoJSON.

    Raises
    ------
    DataError
        If it is a collection of them; the message writes a table of points.
    """
    if not re.search(rb'"type"\s*:\s*"FeatureCollection"', read_head(path).content):
        return
    raise DataError(
        f"{path}: GeoJSON is not read; write a table of its points: "
        + _python(
            "import json, pandas as pd; "
            f'f = json.load(open({_literal(path)}))["features"]; '
            'pd.DataFrame([{**p["properties"], "x": p["geometry"]["coordinates"][0], '
            '"y": p["geometry"]["coordinates"][1]} for p in f]).to_csv("points.csv", index=False)'
        )
    )


def refuse_other_formats(path: Path) -> None:
    """Refuse vectors in word2vec's text format, and Graphviz.

    Raises
    ------
    DataError
        If it is one of them.
    """
    head = read_head(path).content.decode("utf-8", errors="replace")
    if re.match(r"\s*(strict\s+)?(di)?graph\b[^{]*\{", head, re.IGNORECASE):
        raise DataError(
            f"{path}: Graphviz is not read; export GraphML, or write edges as lines source,target"
        )
    first, _, rest = head.partition("\n")
    counts = re.fullmatch(r"(\d+) (\d+)\s*", first)
    if counts and len(rest.partition("\n")[0].split()) == int(counts[2]) + 1:
        raise DataError(
            f"{path}: the first line counts rows and numbers, as word2vec writes it; without it "
            f"these are rows: tail -n +2 {shlex.quote(str(path))} > points.txt"
        )


def _python(code: str) -> str:
    """A command that a shell takes as it stands, whatever a file or a column is called."""
    return f"python -c {shlex.quote(code)}"


def _literal(value: Any) -> str:
    """A text, a path or a list of texts as Python code."""
    return json.dumps(value, ensure_ascii=False, default=str)
