"""Jets of particles from top quarks and from other quarks and gluons. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.config import option
from geoframe.data import load_npz, stored_file
from geoframe.dataset import Dataset
from geoframe_cgenn.sets import VectorSets

BEAMS = np.array([[0.0, 0.0, 1.0, np.sqrt(2.0)], [0.0, 0.0, -1.0, np.sqrt(2.0)]])
"""Momenta (px, py, pz, E) of two particles of mass 1 along the beams."""
CENTRES = range(80, 201)
"""Centres of the window in the jet mass that a network has to beat, GeV."""


@attrs.frozen(kw_only=True)
class PythiaJets(Dataset):
    """Top and QCD jets at particle level (Pythia 8, no detector): sets of momenta (px, py, pz, E).

    They are made like the Top Quark Tagging Reference Dataset, but are not it: without a detector
    simulation they are easier to tell apart.
    """

    component: ClassVar[str] = "geoframe_cgenn.datasets.jets:PythiaJets"
    provides = "vectors"

    constituents: int = option(
        30, ge=1, le=50, unit="particles", help="Hardest particles kept of each jet."
    )
    beams: bool = option(
        False,
        help="Put the two beams before the particles of each jet, and say by two scalars which is "
        "which, as published: the beams' direction then matters.",
    )
    root: Path | None = option(None, help="Folder of the file; else $GEOFRAME_DATA/jets_pythia.")

    def matrix(self) -> NDArray[np.float64]:
        """Minkowski form, space minus time."""
        return np.diag([1.0, 1.0, 1.0, -1.0])

    def rival(self, train: VectorSets, test: VectorSets) -> tuple[str, dict[str, float]]:
        """Nearness of the jet's mass to the centre that is best on the training sets."""
        from geoframe_cgenn.measures import auc

        given = [
            (jet_masses(sets, beams=self.beams), np.asarray(sets.targets)) for sets in (train, test)
        ]
        (masses, labels), (others, answers) = given
        best = max(CENTRES, key=lambda centre: auc(-np.abs(masses - centre), labels))
        found = auc(-np.abs(others - best), answers)
        return f"a window in the jet mass around {best} GeV", {"auc": found}

    def load(self) -> VectorSets:
        """Read the stored jets; momenta in GeV."""
        arrays = load_npz(stored_file("jets_pythia", "jets_pythia.npz", self.root))
        sizes = arrays["n"].astype(np.int64)
        momenta = unpacked(arrays["pt_q"], arrays["eta_q"], arrays["phi_q"])
        sets = VectorSets(
            vectors=momenta[:, None],
            scalars=np.zeros((len(momenta), 0)),
            sizes=sizes,
            targets=arrays["label"].astype(np.int64),
            kind="class",
            of_sets=True,
            classes=("QCD", "top"),
            split=arrays["split"].astype(np.int64),
        )
        sets = sets.shortened(self.constituents)
        return with_beams(sets) if self.beams else sets


def unpacked(
    pt: NDArray[np.integer], eta: NDArray[np.integer], phi: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Momenta (px, py, pz, E) ``(r, 4)`` in GeV of massless particles from packed numbers."""
    transverse = np.exp(pt / 6500.0 - 3.0)
    rapidity, angle = eta / 1e4, phi / 1e4
    momenta: NDArray[np.float64] = transverse[:, None] * np.stack(
        [np.cos(angle), np.sin(angle), np.sinh(rapidity), np.cosh(rapidity)], axis=1
    )
    return momenta


def with_beams(sets: VectorSets) -> VectorSets:
    """Put the beams before each set, and a scalar log(1 + mass) for beams and one for particles."""
    sizes = sets.sizes + len(BEAMS)
    places = np.repeat(sets.starts, len(BEAMS))
    beams = np.tile(BEAMS, (len(sets), 1))[:, None]
    vectors = np.insert(sets.vectors, places, beams, axis=0)
    scalars = np.zeros((len(vectors), 2))
    scalars[np.insert(np.zeros(len(sets.vectors), dtype=bool), places, True), 0] = np.log(2.0)
    return attrs.evolve(sets, vectors=vectors, scalars=scalars, sizes=sizes)


def jet_masses(sets: VectorSets, *, beams: bool = False) -> NDArray[np.float64]:
    """Invariant mass of each set in GeV ``(g,)``, without the beams if there are any."""
    total = np.add.reduceat(sets.vectors[:, 0], sets.starts, axis=0)
    if beams:
        total = total - BEAMS.sum(axis=0)
    squared = total[:, 3] ** 2 - (total[:, :3] ** 2).sum(axis=1)
    masses: NDArray[np.float64] = np.sqrt(np.maximum(squared, 0.0))
    return masses
