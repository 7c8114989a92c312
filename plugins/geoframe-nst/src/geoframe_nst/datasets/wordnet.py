"""WordNet: which concept is a kind of which."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import attrs
import numpy as np

from geoframe.config.fields import option
from geoframe.data import stored_file
from geoframe.dataset import Dataset
from geoframe_data.graph import Graph


@attrs.frozen(kw_only=True)
class WordNet(Dataset):
    """WordNet 3.0 concepts; the general one precedes the special one.

    The weight of u -> v is the information that is gained on the way down, log of
    (1 + descendants of u) / (1 + descendants of v) over log n: the Jiang-Conrath distance with
    the intrinsic information content of Seco, Veale and Hayes (ECAI 2004). It adds up along paths.
    """

    provides = "graph"

    component: ClassVar[str] = "geoframe_nst.datasets.wordnet:WordNet"

    subset: Literal["mammals", "nouns"] = option("mammals", help="1180 mammals or 82115 nouns.")
    closure: bool = option(
        False, help="An edge from every concept to all below it, not just to those directly below."
    )
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/wordnet.")

    def load(self) -> Graph:
        """Return the DAG.

        Raises
        ------
        DataError
            If the file is not found.
        """
        from geoframe.data import load_npz
        from geoframe_data.dag import ancestors

        mammals = self.subset == "mammals"
        file = "mammals_closure.npz" if mammals else "wordnet30_nouns.npz"
        arrays = load_npz(stored_file("wordnet", file, self.root))
        direct = arrays["reduction" if mammals else "edges"].astype(np.int64)
        n = len(arrays["names"])
        above = ancestors(n, direct)
        pairs = np.array(
            [(general, special) for special in range(n) for general in sorted(above[special])],
            dtype=np.int64,
        )
        descendants = np.log1p(np.bincount(pairs[:, 0], minlength=n))
        edges = pairs if self.closure else direct
        return Graph(
            names=arrays["names"].tolist(),
            edges=edges,
            weights=(descendants[edges[:, 0]] - descendants[edges[:, 1]]) / np.log(n),
        )
