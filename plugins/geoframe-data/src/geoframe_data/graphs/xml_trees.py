"""phyloXML: trees of clades."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

from geoframe.data import is_number, shown
from geoframe.errors import DataError
from geoframe_data.files import UserFile
from geoframe_data.graph import Graph
from geoframe_data.graphs.xml import parse_xml

NAMESPACE = "{http://www.phyloxml.org}"
LABELS = ("name", "taxonomy/scientific_name", "taxonomy/code", "taxonomy/id", "sequence/name")
"""Where a clade's name may stand, the likeliest first."""


def read_phyloxml(file: UserFile) -> Graph:
    """Read the first phylogeny of a phyloXML file; the length above its root is left out.

    Raises
    ------
    DataError
        If it is no XML, holds no phylogeny, or a branch length is no number.
    """
    root = parse_xml(file, "phyloXML")
    for element in root.iter():  # with and without a namespace
        element.tag = str(element.tag).removeprefix(NAMESPACE)
    phylogenies = root.findall("phylogeny")
    first = next((each.find("clade") for each in phylogenies), None)
    if first is None:
        raise DataError(
            f"{file.path}: not a readable phyloXML file: it holds no phylogeny; "
            f"<{shown(root.tag)}> is XML of another kind: export GraphML, or write edges as lines "
            "source,target"
        )
    names: list[str] = []
    edges: list[tuple[int, int]] = []
    lengths: list[float] = []
    waiting: list[tuple[ElementTree.Element, int]] = [(first, -1)]
    while waiting:
        clade, parent = waiting.pop()
        here = len(names)
        found = (clade.findtext(label, "").strip() for label in LABELS)
        names.append(next((label for label in found if label), ""))
        if parent >= 0:
            edges.append((parent, here))
            lengths.append(_length(file, clade))
        waiting += [(child, here) for child in reversed(clade.findall("clade"))]
    more = len(phylogenies)
    note = f"the file holds {more} phylogenies; the first was used"
    return Graph(
        names=names,
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        weights=None if np.isnan(lengths).all() else lengths,
        directed=True,
        origin=str(file.path),
        repairs=[note] if more > 1 else [],
    )


def _length(file: UserFile, clade: ElementTree.Element) -> float:
    text = str(clade.get("branch_length") or clade.findtext("branch_length", "")).strip()
    if text and not is_number(text):
        raise DataError(f"{file.path}: the branch length '{shown(text)}' is not a number")
    return float(text or "nan")
