"""Trees that are stored as files below ``$GEOFRAME_DATA``."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import attrs

from geoframe.config.fields import option
from geoframe.data import stored_file
from geoframe.dataset import Dataset
from geoframe_data.graph import Graph

StoredName = Literal[
    "smalltree",
    "phylo_mosses_hofbauer2016",
    "pythonidae",
    "mammals_bininda2007",
    "tree-20-3",
    "wordnet_weighted",
]


@attrs.frozen(kw_only=True)
class StoredTree(Dataset):
    """Trees from the literature: phylogenies, a complete tree, a WordNet tree."""

    provides = "tree"

    component: ClassVar[str] = "geoframe_hnn.datasets.stored:StoredTree"

    tree: StoredName = option("phylo_mosses_hofbauer2016", help="Which of them.")
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/trees.")

    def load(self) -> Graph:
        """Read the tree.

        Raises
        ------
        DataError
            If the file is not found.
        """
        from geoframe_data import read_graph

        return read_graph(stored_file("trees", f"{self.tree}.npz", self.root))


@attrs.frozen(kw_only=True)
class WordNetTree(Dataset):
    """WordNet 3.0 nouns or mammals; a concept precedes its kinds.

    Some concepts have several parents: set data.multiple_parents to 'keep' or 'first'.
    """

    provides = "tree"

    component: ClassVar[str] = "geoframe_hnn.datasets.stored:WordNetTree"

    subset: Literal["mammals", "nouns"] = option("mammals", help="1180 mammals or 82115 nouns.")
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/wordnet.")

    def load(self) -> Graph:
        """Read the hierarchy.

        Raises
        ------
        DataError
            If the file is not found.
        """
        from geoframe.data import load_npz
        from geoframe_data import read_graph

        mammals = self.subset == "mammals"
        file = "mammals_closure.npz" if mammals else "wordnet30_nouns.npz"
        arrays = load_npz(stored_file("wordnet", file, self.root))
        edges = arrays["reduction" if mammals else "edges"]
        return read_graph({"edges": edges, "names": arrays["names"]})
