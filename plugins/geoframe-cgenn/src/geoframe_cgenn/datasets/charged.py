"""Five charged particles: the stored trajectories, and the simulator that made them. Torch-free.

The simulator is that of EGNN (Satorras et al. 2021), all trajectories at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.config import option
from geoframe.data import load_npz, stored_file
from geoframe.dataset import Dataset
from geoframe_cgenn.datasets.invariants import rotated
from geoframe_cgenn.sets import VectorSets, centred

PARTICLES = 5
STEP = 1e-3
"""Time step of the simulation."""
SPEED = 0.5
BOX = 5.0
STRONGEST = 100.0
"""Largest component of a force."""
FIRST, LAST = 3100, 4100
"""Steps of the input and of the target: frames 30 and 40 of one in a hundred steps."""


def particle_sets(
    before: NDArray[np.float64],
    velocity: NDArray[np.float64],
    charges: NDArray[np.float64],
    after: NDArray[np.float64],
    split: NDArray[np.int64],
) -> VectorSets:
    """Sets of particles whose later positions are to be predicted.

    Parameters
    ----------
    before, velocity, after
        ``(g, 5, 3)``.
    charges
        ``(g, 5)``.
    split
        Part of each set ``(g,)``.
    """
    sizes = np.full(len(before), before.shape[1], dtype=np.int64)
    rows = np.stack([before, velocity], axis=2).reshape(-1, 2, 3).astype(np.float64)
    origins = rows[:, 0].copy()
    return VectorSets(
        vectors=centred(rows, 1, sizes),
        points=1,
        scalars=charges.reshape(-1, 1).astype(np.float64),
        sizes=sizes,
        targets=after.reshape(-1, 3).astype(np.float64) - origins,
        kind="point",
        of_sets=False,
        origins=origins,
        split=split.astype(np.int64),
    )


@attrs.frozen(kw_only=True)
class ChargedParticles(Dataset):
    """Positions of five charged particles one unit of time later, as stored and published."""

    component: ClassVar[str] = "geoframe_cgenn.datasets.charged:ChargedParticles"
    provides = "vectors"

    root: Path | None = option(None, help="Folder of the file; else $GEOFRAME_DATA/nbody_charged5.")

    def load(self) -> VectorSets:
        """Read the trajectories: 3000 for training, 2000 and 2000 held out."""
        arrays = load_npz(stored_file("nbody_charged5", "nbody_charged5_seed43.npz", self.root))
        names = ("loc0", "vel0", "charges", "loc1", "split")
        return particle_sets(*(arrays[name] for name in names))


@attrs.frozen(kw_only=True)
class SimulatedCharges(Dataset):
    """Charged particles whose force depends on r^T M r, so that the metric is there to be found.

    The force of particle j on i is c_i c_j r / (r^T M r)^(3/2), r = x_i - x_j, which commutes
    with every isometry of M = O diag(eigenvalues) O^T. Equal eigenvalues of 1 give the published
    experiment.
    """

    component: ClassVar[str] = "geoframe_cgenn.datasets.charged:SimulatedCharges"
    provides = "vectors"
    check_options: ClassVar = ({"samples": 6, "held_out": 2},)

    eigenvalues: tuple[float, float, float] = option(
        (3.0, 1.0, 0.4), gt=0, help="Eigenvalues of M."
    )
    rotation: int = option(7, ge=0, help="Seed of O.")
    samples: int = option(3000, ge=1, unit="sets", help="Trajectories for training.")
    held_out: int = option(1000, ge=1, unit="sets", help="Those for validation, and for the test.")
    seed: int = option(43, ge=0, lt=2**32, help="Seed of the initial states.")

    def matrix(self) -> NDArray[np.float64]:
        """Return M ``(3, 3)``."""
        return rotated(self.eigenvalues, self.rotation)

    def load(self) -> VectorSets:
        """Simulate the trajectories: about 5 ms each."""
        counts = [self.samples, self.held_out, self.held_out]
        charges, x, v = initial_states(sum(counts), self.seed)
        (x, v), (later, _) = simulate(charges, x, v, (FIRST, LAST), self.matrix())
        return particle_sets(x, v, charges, later, np.repeat([0, 1, 2], counts))


def initial_states(
    count: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Charges ``(g, 5)``, positions and velocities ``(g, 5, 3)``, drawn in the published order."""
    random = np.random.RandomState(seed)
    charges = np.empty((count, PARTICLES))
    x, v = np.empty((count, PARTICLES, 3)), np.empty((count, PARTICLES, 3))
    for k in range(count):
        charges[k] = random.choice([-1.0, 1.0], size=(PARTICLES, 1), p=[0.5, 0.5])[:, 0]
        place, velocity = random.randn(3, PARTICLES), random.randn(3, PARTICLES)
        x[k] = place.T
        v[k] = (velocity * SPEED / np.sqrt((velocity**2).sum(axis=0))).T
        random.randn(2, 49, 3, PARTICLES)  # observation noise of the published code, of size 0
    for _ in range(2):  # a reflection may lead behind the other wall
        x = np.where(x > BOX, 2 * BOX - x, x)
        x = np.where(x < -BOX, -2 * BOX - x, x)
    return charges, x, v


def simulate(
    charges: NDArray[np.float64],
    x: NDArray[np.float64],
    v: NDArray[np.float64],
    steps: Sequence[int],
    matrix: NDArray[np.float64],
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Positions and velocities ``(g, 5, 3)`` when the positions of the given steps are reached.

    Parameters
    ----------
    steps
        Ascending.
    matrix
        M in the force c_i c_j r / (r^T M r)^(3/2).
    """
    frame = np.linalg.cholesky(matrix).T
    products = charges[:, :, None] * charges[:, None, :]
    products[:, range(PARTICLES), range(PARTICLES)] = 0.0

    def force(x: NDArray[np.float64]) -> NDArray[np.float64]:
        y = x @ frame.T
        apart = np.square(y[:, :, None] - y[:, None]).sum(axis=-1)
        apart[:, range(PARTICLES), range(PARTICLES)] = 1.0
        weight = products / (apart * np.sqrt(apart))
        total = weight.sum(axis=2)[..., None] * x - weight @ x
        clipped: NDArray[np.float64] = np.clip(total, -STRONGEST, STRONGEST)
        return clipped

    found = []
    x, v = x.copy(), v + STEP * force(x)
    for at in range(1, max(steps) + 1):
        x += STEP * v
        if at in steps:
            found.append((x.copy(), v.copy()))
        v += STEP * force(x)
    return found
