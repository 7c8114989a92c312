"""Citations between dated papers."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import attrs
import numpy as np

from geoframe.config.fields import option
from geoframe.data import stored_file
from geoframe.dataset import Dataset
from geoframe_data.graph import Floats, Graph, Ints


@attrs.frozen(kw_only=True)
class Citations(Dataset):
    """Citations among arXiv hep-th papers of 2000 to March 2002; the cited precedes the citing.

    A DAG of 5996 papers, named by their arXiv numbers. The weight is bibliographic: the Jaccard
    distance of the two papers' references, each paper counted among its own; it knows nothing of
    dates. Times are days since 2000-01-01.
    """

    provides = "graph"

    component: ClassVar[str] = "geoframe_nst.datasets.citations:Citations"

    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/cit-hepth2000.")

    def load(self) -> Graph:
        """Return the DAG.

        Raises
        ------
        DataError
            If the file is not found.
        """
        from geoframe.data import load_npz

        arrays = load_npz(stored_file("cit-hepth2000", "cit_hepth_2000_2002.npz", self.root))
        edges = arrays["edges"].astype(np.int64)
        return Graph(
            names=[f"hep-th/{number:07d}" for number in arrays["arxiv_id"].tolist()],
            edges=edges,
            weights=reference_distance(len(arrays["day"]), edges),
            times=arrays["day"],
        )


def reference_distance(n: int, edges: Ints) -> Floats:
    """Jaccard distance of the sets of direct predecessors of both ends, each with itself.

    The target's set holds the source, so two sets are never disjoint; in a DAG the source's never
    holds the target, so they are never equal: the distance lies in (0, 1).
    """
    from scipy.sparse import csr_array, eye_array

    ones = np.ones(len(edges))
    sets = csr_array((ones, (edges[:, 1], edges[:, 0])), shape=(n, n)) + eye_array(n, format="csr")
    sizes = sets.sum(axis=1)
    shared = sets[edges[:, 0]].multiply(sets[edges[:, 1]]).sum(axis=1)
    distance: Floats = 1 - shared / (sizes[edges[:, 0]] + sizes[edges[:, 1]] - shared)
    return distance
