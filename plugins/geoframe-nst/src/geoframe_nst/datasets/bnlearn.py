"""Bayesian networks of the bnlearn repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar, Literal

import attrs
import numpy as np

from geoframe.config.fields import option
from geoframe.data import stored_file
from geoframe.dataset import Dataset
from geoframe.errors import DataError, did_you_mean
from geoframe_data.graph import Graph

INVERSE_FLOOR = 0.01
"""Mutual information, in nats, that ``inverse`` adds so that independence has a finite length."""


@attrs.frozen(kw_only=True)
class BayesianNetwork(Dataset):
    """Causal DAG of a Bayesian network; edges that carry more information are shorter.

    The mutual information (nats) of the two ends of each edge was estimated from samples of the
    network itself.
    """

    provides = "graph"

    component: ClassVar[str] = "geoframe_nst.datasets.bnlearn:BayesianNetwork"

    network: str = option("alarm", help="Name of the network: alarm, asia, hepar2, pigs, ...")
    weight: Literal["exp", "inverse"] = option(
        "exp", help="Length of an edge of mutual information mi: exp(-mi) or 1/(0.01 + mi)."
    )
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/bnlearn.")

    def load(self) -> Graph:
        """Return the DAG.

        Raises
        ------
        DataError
            If the file is not found or has no such network.
        """
        path = stored_file("bnlearn", "networks.json", self.root)
        networks = json.loads(path.read_text(encoding="utf-8"))
        if self.network not in networks:
            raise DataError(
                f"{path}: no network '{self.network}'{did_you_mean(self.network, networks)} "
                f"(networks: {', '.join(networks)})"
            )
        network = networks[self.network]
        information = np.array(network["mi"], dtype=np.float64)
        inverse = self.weight == "inverse"
        return Graph(
            names=network["nodes"],
            edges=network["edges"],
            weights=1 / (INVERSE_FLOOR + information) if inverse else np.exp(-information),
        )
