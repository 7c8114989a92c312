"""Trees that are stored as files below ``$GEOFRAME_DATA``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar, Literal

import attrs

from geoframe.config.fields import option
from geoframe.errors import DataError
from geoframe_hnn.raw import RawTree

VARIABLE = "GEOFRAME_DATA"


@attrs.frozen(kw_only=True)
class StoredTree:
    """Trees from the literature: phylogenies, a complete tree, a WordNet tree."""

    component: ClassVar[str] = "geoframe_hnn.datasets.stored:StoredTree"

    tree: Literal[
        "smalltree",
        "phylo_mosses_hofbauer2016",
        "pythonidae",
        "mammals_bininda2007",
        "tree-20-3",
        "wordnet_weighted",
    ] = option("phylo_mosses_hofbauer2016", help="Which of them.")
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/trees.")

    def load(self) -> RawTree:
        """Read the tree.

        Raises
        ------
        DataError
            If the file is not found.
        """
        from geoframe_hnn.readers.arrays import load_npz, tree_of_arrays

        path = _stored("trees", f"{self.tree}.npz", self.root)
        return tree_of_arrays(load_npz(path), str(path))


@attrs.frozen(kw_only=True)
class WordNetTree:
    """WordNet 3.0 nouns or mammals; a concept precedes its kinds.

    Some concepts have several parents, so that data.multiple_parents must be 'first'.
    """

    component: ClassVar[str] = "geoframe_hnn.datasets.stored:WordNetTree"

    subset: Literal["mammals", "nouns"] = option("mammals", help="1180 mammals or 82115 nouns.")
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/wordnet.")

    def load(self) -> RawTree:
        """Read the hierarchy.

        Raises
        ------
        DataError
            If the file is not found.
        """
        from geoframe_hnn.readers.arrays import load_npz, tree_of_arrays

        mammals = self.subset == "mammals"
        file = "mammals_closure.npz" if mammals else "wordnet30_nouns.npz"
        path = _stored("wordnet", file, self.root)
        arrays = load_npz(path)
        edges = arrays["reduction" if mammals else "edges"]
        return tree_of_arrays({"edges": edges, "names": arrays["names"]}, str(path))


def _stored(folder: str, file: str, root: Path | None) -> Path:
    remedy = f"set {VARIABLE} to the folder that holds {folder}/, or data.dataset.root to {folder}/"
    if root is None:
        data = os.environ.get(VARIABLE)
        if not data:
            raise DataError(f"dataset file {folder}/{file}: {VARIABLE} is not set; {remedy}")
        root = Path(data) / folder
    path = root / file
    if not path.is_file():
        raise DataError(f"{path}: no such dataset file; {remedy}")
    return path
