"""The synthetic DAGs of the NST paper, with their stored Graphviz layout."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import attrs
import numpy as np

from geoframe.config.fields import option
from geoframe.data import stored_file
from geoframe.dataset import Dataset
from geoframe_data.graph import Floats, Graph
from geoframe_nst.datasets.layout import scaled_layout


@attrs.frozen(kw_only=True)
class SyntheticDAG(Dataset):
    """Random DAG of 50 nodes whose weights are functions of its 2-D layout (NST paper, 4.1).

    Seed 123 of the published code. Features are the positions by Graphviz ``dot``, scaled to
    [0, 1] per axis; the weight of an edge is a function of the distance e of its ends.
    """

    provides = "graph"

    component: ClassVar[str] = "geoframe_nst.datasets.synthetic:SyntheticDAG"

    p: Literal[90, 50, 10] = option(90, help="Probability of an edge, in percent.")
    weight_type: Literal[1, 2, 3, 4, 5] = option(
        1,
        help="Weight: 1 sqrt(e log(1+e)); 2 e^.1 log(1+e)^.9; 3 1-1/(1+e^.5); "
        "4 1-exp((1-e)/log e); 5 1-1/(1+e^.2+e^.5).",
    )
    mixup: bool = option(
        True,
        help="Give feature row i to node i as the published code does, although its rows are in "
        "order of insertion; the weights are then no function of the features. false corrects it.",
    )
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/nst-synthetic.")

    def load(self) -> Graph:
        """Return the DAG.

        Raises
        ------
        DataError
            If the stored layout is not found.
        """
        from geoframe.data import load_npz

        arrays = load_npz(stored_file("nst-synthetic", "dag50_seed123.npz", self.root))
        edges = arrays[f"edges_p{self.p}"].astype(np.int64)
        rows = scaled_layout(arrays[f"pos_p{self.p}"])
        positions = np.empty_like(rows)
        positions[arrays[f"order_p{self.p}"]] = rows
        ends = positions[edges].astype(np.float64)
        return Graph(
            names=[str(node) for node in range(len(rows))],
            edges=edges,
            weights=synthetic_weight(
                np.linalg.norm(ends[:, 0] - ends[:, 1], axis=-1), self.weight_type
            ),
            features=rows if self.mixup else positions,
        )


def synthetic_weight(e: Floats, weight_type: int) -> Floats:
    """Weight of edges of Euclidean length ``e > 0``, by the five formulas of the paper."""
    if weight_type == 1:
        return np.sqrt(e) * np.sqrt(np.log1p(e))
    if weight_type == 2:
        return e**0.1 * np.log1p(e) ** 0.9
    if weight_type == 3:
        return 1 - 1 / (1 + np.sqrt(e))
    if weight_type == 4:
        unit = np.isclose(e, 1)  # the exponent tends to -1 there
        return 1 - np.exp(np.where(unit, -1.0, (1 - e) / np.log(np.where(unit, 2.0, e))))
    return 1 - 1 / (1 + e**0.2 + np.sqrt(e))
