"""WebKB: hyperlinks between the web pages of a computer science department."""

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
class WebKB(Dataset):
    """WebKB web pages with 1703 binary words as features (NST paper, 4.2). Has cycles.

    Self-loops are dropped; the weight is max(0.01, cosine similarity of the two pages' words).
    """

    provides = "graph"

    component: ClassVar[str] = "geoframe_nst.datasets.webkb:WebKB"

    university: Literal["cornell", "texas", "wisconsin"] = option("cornell", help="Which graph.")
    source: Literal["geomgcn", "linqs"] = option(
        "linqs",
        help="geomgcn is what the paper and PyG use, but its Cornell has the features of Texas; "
        "linqs is the original release.",
    )
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/webkb.")

    def load(self) -> Graph:
        """Return the graph, cycles included.

        Raises
        ------
        DataError
            If the file is not found.
        """
        from geoframe.data import load_npz
        from geoframe_data.policy import cosine_weights

        file = f"{self.source}_{self.university}.npz"
        arrays = load_npz(stored_file("webkb", file, self.root))
        words = np.unpackbits(arrays["x_packed"], axis=1)[:, : int(arrays["num_features"])]
        features = words.astype(np.float32)
        links = arrays["edges"].astype(np.int64)
        edges = links[links[:, 0] != links[:, 1]]
        numbered = [str(page) for page in range(len(words))]
        return Graph(
            names=arrays["urls"].tolist() if "urls" in arrays else numbered,
            edges=edges,
            weights=cosine_weights(features, edges),
            features=features,
            repairs=[f"dropped {len(links) - len(edges)} links of a page to itself"],
        )
