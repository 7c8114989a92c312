"""The small graphs that latent graph inference is usually measured on, with their splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from geoframe.config.fields import option
from geoframe.data import load_npz, read_text, stored_file
from geoframe.dataset import Dataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geoframe_data import Graph

FOLDER = "lgi-graphs"
ARRAYS = {
    "cora": "cora",
    "citeseer": "citeseer",
    "cornell": "cornell_corrected",
    "chameleon": "chameleon_filtered_directed",
}
"""Name -> npz file."""
PAGES = {"texas": "texas", "wisconsin": "wisconsin", "cornell-as-shipped": "cornell"}
"""Name -> folder of the WebKB files as Geom-GCN and PyTorch Geometric have them."""
PARTS = ("train", "validation", "test")
SPLITS = 10


@attrs.frozen(kw_only=True)
class NodeGraph(Dataset):
    """A graph of labelled pages or papers with words as features and ten published splits.

    Attributes of the nodes: ``label``, ``split_0`` ... ``split_9``, and ``public`` (Cora,
    CiteSeer).
    """

    provides = "graph"
    component: ClassVar[str] = "geoframe_lgi.datasets.node_graph:NodeGraph"

    graph: Literal[
        "texas", "wisconsin", "cornell", "cornell-as-shipped", "chameleon", "cora", "citeseer"
    ] = option(
        "texas",
        help="Which graph. cornell is the corrected one; as shipped it has the features and "
        "labels of texas. chameleon is without its duplicate nodes.",
    )
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/lgi-graphs.")

    def load(self) -> Graph:
        """Return the graph.

        Raises
        ------
        DataError
            If its files are not found.
        """
        return self._of_arrays() if self.graph in ARRAYS else self._of_pages()

    def _of_arrays(self) -> Graph:
        arrays = load_npz(stored_file(FOLDER, f"extra/{ARRAYS[self.graph]}.npz", self.root))
        masks = {
            f"split_{k}": [arrays[f"{part}_masks"][k] for part in ("train", "val", "test")]
            for k in range(SPLITS)
        }
        if "public_masks" in arrays:
            masks["public"] = list(arrays["public_masks"])
        return _graph(
            arrays["node_features"],
            arrays["node_labels"],
            arrays["edges"],
            masks,
            directed=self.graph == "chameleon",
        )

    def _of_pages(self) -> Graph:
        import numpy as np

        folder = PAGES[self.graph]

        def file(name: str) -> Path:
            return stored_file(FOLDER, f"webkb/{folder}/raw/{name}", self.root)

        lines = read_text(file("out1_node_feature_label.txt")).splitlines()[1:]
        pages = sorted((line.split("\t") for line in lines), key=lambda cells: int(cells[0]))
        words = np.array([cells[1].split(",") for cells in pages], dtype=np.float32)
        labels = np.array([int(cells[2]) for cells in pages])
        links = read_text(file("out1_graph_edges.txt")).splitlines()[1:]
        edges = np.array([link.split() for link in links], dtype=np.int64)
        masks = {}
        for k in range(SPLITS):
            arrays = load_npz(file(f"{folder}_split_0.6_0.2_{k}.npz"))
            masks[f"split_{k}"] = [arrays[f"{part}_mask"] for part in ("train", "val", "test")]
        return _graph(words, labels, edges, masks, directed=True)


def _graph(
    words: NDArray[np.generic],
    labels: NDArray[np.generic],
    edges: NDArray[np.generic],
    masks: Mapping[str, Sequence[NDArray[np.bool_]]],
    *,
    directed: bool,
) -> Graph:
    import numpy as np
    import pandas as pd

    from geoframe_data import Graph

    columns = {"label": [f"class {label}" for label in labels.tolist()]}
    for name, parts in masks.items():
        columns[name] = np.select([mask > 0 for mask in parts], list(PARTS), "").tolist()
    return Graph(
        names=[str(node) for node in range(len(labels))],
        edges=edges.astype(np.int64),
        directed=directed,
        features=words.astype(np.float32),
        attributes=pd.DataFrame(columns),
        origin="dataset 'node-graph'",
    )
