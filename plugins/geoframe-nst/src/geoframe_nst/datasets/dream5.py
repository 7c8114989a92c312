"""DREAM5: which gene regulates which."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import attrs
import numpy as np

from geoframe.config.fields import option
from geoframe.data import stored_file
from geoframe.dataset import Dataset
from geoframe_data.graph import Graph
from geoframe_nst.datasets.layout import scaled_layout

FILES = {"insilico": "net1_insilico.npz", "ecoli": "net3_ecoli.npz"}


@attrs.frozen(kw_only=True)
class Dream5(Dataset):
    """DREAM5 gene regulation, transcription factor -> gene (NST paper, 4.3). Has cycles.

    Features are positions by Graphviz ``dot`` scaled to [0, 1] per axis; the weight is
    max(0.01, cosine similarity of the two positions).
    """

    provides = "graph"

    component: ClassVar[str] = "geoframe_nst.datasets.dream5:Dream5"

    network: Literal["insilico", "ecoli"] = option("insilico", help="Which network.")
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/dream5.")

    def load(self) -> Graph:
        """Return the graph, cycles included.

        Raises
        ------
        DataError
            If the file is not found.
        """
        from geoframe.data import load_npz
        from geoframe_data.policy import cosine_weights

        arrays = load_npz(stored_file("dream5", FILES[self.network], self.root))
        edges = arrays["edges"].astype(np.int64)
        features = scaled_layout(arrays["dot_xy"])
        return Graph(
            names=arrays["names"].tolist(),
            edges=edges,
            weights=cosine_weights(features, edges),
            features=features,
        )
