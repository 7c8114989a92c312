"""Newick and Nexus files, parsed by DendroPy."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from geoframe.data import read_text, shown
from geoframe.errors import DataError
from geoframe_hnn.raw import RawTree


def read_phylogeny(path: Path, schema: str) -> RawTree:
    """Read the first tree of a Newick or Nexus file.

    Numbers at inner nodes (``95``, ``0.9/95``) are support values and not names, unless the
    leaves are numbers too. The length of an edge above the root is left out.

    Raises
    ------
    DataError
        If the file cannot be parsed or holds no tree.
    """
    import dendropy  # type: ignore[import-untyped]  # half a second that no other format has to pay

    text = read_text(path)
    limit = sys.getrecursionlimit()
    try:
        # DendroPy descends one call for each open parenthesis.
        sys.setrecursionlimit(limit + 10 * text.count("("))
        trees = dendropy.TreeList.get(
            data=text,
            schema=schema,
            preserve_underscores=True,
            taxon_namespace=dendropy.TaxonNamespace(is_case_sensitive=True),
            case_sensitive_taxon_labels=True,
            # Only as taxa are the leaves of a Nexus file looked up in its TRANSLATE table.
            suppress_leaf_node_taxa=schema == "newick",
            suppress_internal_node_taxa=True,
        )
    except Exception as error:  # DendroPy raises many types, some of them plain Exceptions
        line, column = getattr(error, "line_num", None), getattr(error, "col_num", None)
        where = "" if line is None else f"line {line}, column {column}: "
        reason = shown(getattr(error, "message", error))
        raise DataError(
            f"{path}: not a readable {schema} file: {where}{reason} (a name with blanks or "
            "punctuation has to stand in single quotes)"
        ) from None
    finally:
        sys.setrecursionlimit(limit)
    if len(trees) == 0:
        raise DataError(f"{path}: holds no tree")
    nodes = list(trees[0].preorder_node_iter())
    index = {id(node): row for row, node in enumerate(nodes)}
    names = [_label(node) for node in nodes]
    numbers = {row for row, name in enumerate(names) if _is_support(name)}
    leaves = {row for row, node in enumerate(nodes) if node.is_leaf()}
    repairs = []
    if (supports := numbers - leaves) and not leaves <= numbers:
        for row in supports:
            names[row] = ""
        repairs.append(
            f"took the numbers at {len(supports)} inner nodes as support values, not names"
        )
    if len(trees) > 1:
        repairs.append(f"the file holds {len(trees)} trees; the first was used")
    edges = [(index[id(node.parent_node)], row) for row, node in enumerate(nodes) if row]
    given = [node.edge_length for node in nodes[1:]]
    lengths = None
    if any(length is not None for length in given):
        lengths = np.array([np.nan if length is None else float(length) for length in given])
    return RawTree(
        origin=str(path),
        names=tuple(names),
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        lengths=lengths,
        repairs=tuple(repairs),
    )


def _label(node: object) -> str:
    taxon = getattr(node, "taxon", None)
    return str((taxon.label if taxon is not None else getattr(node, "label", None)) or "").strip()


def _is_support(text: str) -> bool:
    """Whether a label is a number, or several with slashes between them."""
    try:
        return bool([float(part) for part in text.split("/")])
    except ValueError:
        return False
