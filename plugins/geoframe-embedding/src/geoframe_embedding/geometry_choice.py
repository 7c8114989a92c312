"""Which geometry do the data have? Geometries ranked by how well distances fit them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np
import torch
from torch import Tensor

from geoframe import ConstantCurvature, DataError, Geometry, capability
from geoframe_embedding.choices import (
    CLEARLY,
    FLAT,
    HELD_OUT,
    RADII,
    Choice,
    built,
    misfit,
    name_of,
    rate_at,
    spread_out,
)
from geoframe_embedding.distances import Floats, MatrixDistances, PairDistances, PathDistances
from geoframe_embedding.hyperbolicity import are_of_a_tree
from geoframe_embedding.measures import Ratios
from geoframe_embedding.scaling import classical_scaling

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

CLEARLY_CLOSED = 0.6
"""The same for spaces of positive curvature: a cap of a sphere fits path lengths in a grid, which
are sums of absolute differences, by up to a fifth better than the plane does."""
CLEARLY_PRODUCT = 0.7
"""Share of the misfit of every plainer space below which a product is chosen, which holds them."""
NOTICEABLE, NOTICEABLE_OF_A_TREE = 0.002, 0.0002
"""Misfit that a curved geometry must save as well: where flat space is off by 4 % of the distances,
a quarter less is no sign of curvature. Where the distances are known to be those of a tree, this
is all that hyperbolic space must do: trees have room in it at any precision (Sarkar 2011) and in no
flat space, but a line and bushes of few branches fit flat space too."""
TRIAL = 30
"""Steps after which the best start goes on alone."""

Curvature = Literal["closed", "hyperbolic", "mixed", "unknown"]


def rank_geometries(
    data: PairDistances | Floats | nx.Graph,
    geometries: Sequence[Choice] = (FLAT, "hyperboloid", "sphere"),
    dim: int = 2,
    seeds: Sequence[int] = (0, 1, 2),
    *,
    items: int = 120,
    steps: int = 160,
) -> pd.DataFrame:
    """Embed the same distances in several geometries of equal dimension; no labels are needed.

    For each seed, ``items`` random items with their distances, in units of the median, are
    embedded from classical scaling on, with a learned unit of length; the misfit is the mean of
    (d - t)^2 / max(t, 0.1) over a fifth of the pairs, which the fit did not see.

    Parameters
    ----------
    data
        Distances, a matrix of them ``(n, n)``, or a networkx graph, whose shortest paths count.
        Pairs at an infinite or unknown (NaN) distance are left out.
    geometries
        What to compare, at their defaults but for ``dim``.
    dim
        Dimension of all of them; one that has no option ``dim`` stays as it is.
    seeds
        Seeds of the items, the pairs left out and the parameters.
    items
        Items at a time.
    steps
        Steps of Adam.

    Returns
    -------
    pandas.DataFrame
        Keyed by geometry, the best first: ``dim``; ``misfit`` on the pairs left out and its
        ``spread`` over the seeds; ``misfit_fitted`` on those fitted; ``stress`` and ``spearman``
        on the pairs left out; ``seconds``; and ``chosen``, true for one of them: the best that is
        clearly better than flat space (by a quarter, a closed space by two fifths, and by 0.002; a
        product by three tenths, and than every other; where the distances are those of a tree,
        hyperbolic space by 0.0002 alone, and no product), or else that.

    Raises
    ------
    ConfigError
        If a geometry is not known or has negative distances.
    DataError
        If fewer than four items are connected.
    """
    import pandas as pd

    given = _distances(data)
    drawn = [_draw(given, items, seed) for seed in seeds]
    rows = []
    tree = all(are_of_a_tree(task.distances) for task in drawn)
    clearly: dict[str, float] = {}
    for choice in geometries:
        started = time.process_time()
        fits = [
            _fit(choice, dim, task, steps, seed) for task, seed in zip(drawn, seeds, strict=True)
        ]
        clearly[name_of(choice)] = fits[0].clearly(tree)
        rows.append(
            {
                "geometry": name_of(choice),
                "dim": fits[0].dim,
                "misfit": float(np.mean([fit.misfit for fit in fits])),
                "spread": float(np.std([fit.misfit for fit in fits])),
                "misfit_fitted": float(np.mean([fit.fitted for fit in fits])),
                "stress": float(np.mean([fit.ratios.stress for fit in fits])),
                "spearman": float(np.mean([fit.ratios.spearman for fit in fits])),
                "seconds": time.process_time() - started,
            }
        )
    frame = pd.DataFrame(rows).set_index("geometry").sort_values("misfit", kind="stable")
    noticeable = NOTICEABLE_OF_A_TREE if tree else NOTICEABLE
    return frame.assign(chosen=frame.index == _chosen(frame["misfit"], clearly, noticeable))


def _chosen(misfits: pd.Series[float], clearly: Mapping[str, float], noticeable: float) -> str:
    """Name the best that is clearly better than flat space, a product than all plainer ones."""
    flat = float(misfits.get(FLAT, math.inf))
    plain = min(flat, *(float(each) for name, each in misfits.items() if " x " not in str(name)))
    for name, value in misfits.items():
        wanted = clearly[str(name)] * flat
        if " x " in str(name):
            wanted = min(wanted, CLEARLY_PRODUCT * plain)
        if value <= wanted and flat - value >= noticeable:
            return str(name)
    return FLAT


@attrs.frozen(kw_only=True, eq=False)
class _Task:
    """Distances to embed, in units of their median."""

    distances: Floats
    """All of them ``(m, m)``, 1 where one is not known."""
    start: Floats
    """Classical scaling ``(m, m - 1)``, axes by their variance."""
    pairs: Tensor
    targets: Tensor
    held_out: Tensor
    """Boolean ``(p,)``."""


@attrs.frozen(kw_only=True, eq=False)
class _Fit:
    dim: int
    curvature: Curvature
    misfit: float
    fitted: float
    ratios: Ratios

    def clearly(self, tree: bool) -> float:
        """Share of the flat misfit below which the space is chosen; of a tree no product is."""
        if self.curvature == "closed":
            return CLEARLY_CLOSED
        if not tree or self.curvature == "unknown":
            return CLEARLY
        return 1.0 if self.curvature == "hyperbolic" else 0.0


def _distances(data: PairDistances | Floats | nx.Graph) -> PairDistances:
    if isinstance(data, np.ndarray):
        return MatrixDistances(matrix=np.asarray(data, dtype=np.float64))
    if hasattr(data, "rows"):
        distances: PairDistances = data
        return distances
    graph: Any = data
    number = {node: index for index, node in enumerate(graph)}
    edges = [(number[u], number[v]) for u, v in graph.edges()]
    return PathDistances(
        count=len(number),
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        lengths=np.array([weight for *_, weight in graph.edges(data="weight", default=1.0)]),
    )


def _draw(given: PairDistances, items: int, seed: int) -> _Task:
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.permutation(len(given))[:items])
    distances = given.rows(chosen)[:, chosen]
    connected = np.isfinite(distances) & np.isfinite(distances.T)
    largest = connected[connected.sum(axis=1).argmax()]
    distances = distances[np.ix_(largest, largest)]
    there = np.isfinite(distances)
    first, second = np.nonzero(np.triu(there & (distances > 0), k=1))
    if len(distances) < 4 or not len(first):
        raise DataError("fewer than four items have distances to each other: nothing to rank")
    median = float(np.median(distances[first, second]))
    distances = np.where(there, distances, median) / median
    return _Task(
        distances=distances,
        start=classical_scaling(0.5 * (distances + distances.T), len(distances) - 1),
        pairs=torch.from_numpy(np.stack([first, second], axis=1)),
        targets=torch.from_numpy(distances[first, second]),
        held_out=torch.from_numpy(generator.random(len(first)) < HELD_OUT),
    )


def _fit(choice: Choice, dim: int, task: _Task, steps: int, seed: int) -> _Fit:
    trials = [_Search(built(choice, dim, seed), task, radius) for radius in RADII]
    for trial in trials:
        trial.go_on(TRIAL, steps)
    best = min(trials, key=lambda trial: trial.loss)
    best.go_on(steps - TRIAL, steps)
    with torch.no_grad():
        embedded = best.distances()
        error = misfit(embedded, task.targets)
    out = task.held_out
    ratios = Ratios(given=task.targets[out].numpy(), embedded=embedded[out].numpy())
    return _Fit(
        dim=best.geometry.dim,
        curvature=_curvature(best.geometry),
        misfit=float(error[out].mean()),
        fitted=float(error[~out].mean()),
        ratios=ratios,
    )


def _curvature(geometry: Geometry) -> Curvature:
    """Sign of the curvature; of a product, whether a factor is closed."""
    signs = [
        float(curved.sectional_curvature())
        for part in geometry.modules()
        if (curved := capability(part, ConstantCurvature)) is not None
    ]
    # A circle has no curvature of its own, but is one of the family, and as closed.
    if any(sign > 0 for sign in signs):
        return "closed"
    if capability(geometry, ConstantCurvature) is not None and signs[0] < 0:
        return "hyperbolic"
    return "mixed" if any(sign < 0 for sign in signs) else "unknown"


class _Search:
    """Points, unit of length and the geometry's own parameters on their way to the targets."""

    def __init__(self, geometry: Geometry, task: _Task, radius: float) -> None:
        self.geometry = geometry.double()
        self.task = task
        start = torch.zeros(len(task.start), geometry.dim, dtype=torch.float64)
        known = torch.from_numpy(task.start[:, : geometry.dim].copy())
        start[:, : known.shape[1]] = radius * known
        self.raw = spread_out(start).requires_grad_()
        self.log_unit = torch.zeros((), dtype=torch.float64)
        with torch.no_grad():
            found = self.distances()
            unit = (found @ task.targets) / (found @ found).clamp_min(1e-12)
        self.log_unit = unit.clamp_min(1e-12).log().requires_grad_()
        parameters = [self.raw, self.log_unit, *self.geometry.parameters()]
        self.optimizer = torch.optim.Adam(parameters, lr=rate_at(0, 1))
        self.at = 0
        self.loss = float("inf")

    def distances(self) -> Tensor:
        """Distances of the pairs ``(p,)`` in the unit of the targets."""
        points = self.geometry.project(self.raw)
        x = points.index_select(0, self.task.pairs[:, 0])
        y = points.index_select(0, self.task.pairs[:, 1])
        return self.log_unit.exp() * self.geometry.distance(x, y)

    def go_on(self, steps: int, total: int) -> None:
        """Take some of ``total`` steps."""
        kept = ~self.task.held_out
        for _ in range(steps):
            self.optimizer.param_groups[0]["lr"] = rate_at(self.at, total)
            loss = misfit(self.distances(), self.task.targets)[kept].mean()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.at += 1
            self.loss = float(loss.detach())
