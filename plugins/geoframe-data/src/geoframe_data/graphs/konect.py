"""Networks of KONECT: ``out.moreno_zebra_zebra``."""

from __future__ import annotations

import re
import shlex

import attrs

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data.delimited import BLANKS, parse_delimited
from geoframe_data.files import UserFile
from geoframe_data.graph import Graph
from geoframe_data.graphs.edge_lists import PLACES, graph_of_edges
from geoframe_data.graphs.fields import Fields

LEADING = re.compile(r"\A(?:%.*\n)+")


def read_konect(file: UserFile, fields: Fields) -> Graph:
    """Read a line of kind (``% sym unweighted``), comments, and edges by place.

    An edge has its two ends, and maybe a length and a time. Of an unweighted network the third
    number counts nothing.

    Raises
    ------
    DataError
        If it is bipartite: both kinds of nodes are numbered from 1 there, each for itself.
    """
    text = file.text().replace("\r\n", "\n")
    kind = text.partition("\n")[0].split()[1:]
    if not kind or kind[0] == "bip":
        raise DataError(
            f"{file.path}: a bipartite network, whose two kinds of nodes have the same numbers; "
            'name them apart: awk \'!/^%/ {print "left" $1 ",right" $2}\' '
            f"{shlex.quote(str(file.path))} > edges.csv"
        )
    # Comments leave their lines, so that messages name the right one.
    edges = LEADING.sub(lambda found: "\n" * found[0].count("\n"), text)
    table = parse_delimited(
        attrs.evolve(file, content=edges.encode()),
        delimiter=BLANKS, header=False, places=len(PLACES),
    )  # fmt: skip
    graph = graph_of_edges(table, fields)
    note = f"a network of KONECT whose first line says '{shown(' '.join(kind))}'"
    unweighted = "unweighted" in kind[1:2]
    return attrs.evolve(
        graph,
        weights=None if unweighted else graph.weights,
        directed=kind[0] == "asym",
        repairs=(note, *graph.repairs),
    )
