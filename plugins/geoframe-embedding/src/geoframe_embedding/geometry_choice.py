"""Which geometry do the data have? Geometries ranked by how well distances fit them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import torch
from torch import Tensor

import geoframe
from geoframe import ConfigError, ConstantCurvature, DataError, Geometry, capability
from geoframe.components import Component
from geoframe_embedding.distances import Floats, MatrixDistances, PairDistances, PathDistances
from geoframe_embedding.measures import Ratios
from geoframe_embedding.scaling import classical_scaling

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

FLAT = "euclidean"
"""The geometry that others must clearly beat."""
CLEARLY = 0.9
"""Share of the flat misfit below which a curved geometry is chosen."""
CLEARLY_CLOSED = 0.6
"""The same for spaces of positive curvature: a cap of a sphere fits path lengths in a grid, which
are sums of absolute differences, by up to a fifth better than the plane does."""
NOTICEABLE = 0.002
"""Misfit that a curved geometry must save as well: where flat space is off by 4 % of the distances,
a tenth less is no sign of curvature."""
RADII = (1.0, 1.6, 4.0)
"""Sizes of the start that are tried, in multiples of classical scaling's: curved spaces want to be
used far enough out, a sphere up to its equator."""
TRIAL = 30
"""Steps after which the best start goes on alone."""
LEARNING_RATE = 0.05
NEAR = 0.1
"""Share of the median distance below which errors count by this instead of their own distance."""
HELD_OUT = 0.2
"""Share of the pairs that are not trained on."""

Choice = str | Mapping[str, Any] | Component
"""A geometry by name, as the table of a config, or resolved."""


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
        clearly better than flat space (by a tenth, a closed space by two fifths, and by 0.002), or
        else that.

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
    clearly: dict[str, float] = {}
    for choice in geometries:
        started = time.process_time()
        fits = [
            _fit(choice, dim, task, steps, seed) for task, seed in zip(drawn, seeds, strict=True)
        ]
        clearly[_name(choice)] = CLEARLY_CLOSED if fits[0].closed else CLEARLY
        rows.append(
            {
                "geometry": _name(choice),
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
    misfit = {str(name): float(value) for name, value in frame["misfit"].items()}
    flat = misfit.get(FLAT, math.inf)
    better = [
        name
        for name, value in misfit.items()
        if value <= clearly[name] * flat and flat - value >= NOTICEABLE
    ]
    best = better[0] if better else FLAT
    return frame.assign(chosen=frame.index == best)


@attrs.frozen(kw_only=True, eq=False)
class _Task:
    """Distances to embed, in units of their median."""

    start: Floats
    """Classical scaling ``(m, m - 1)``, axes by their variance."""
    pairs: Tensor
    targets: Tensor
    held_out: Tensor
    """Boolean ``(p,)``."""


@attrs.frozen(kw_only=True, eq=False)
class _Fit:
    dim: int
    closed: bool
    """Whether the space has constant positive curvature."""
    misfit: float
    fitted: float
    ratios: Ratios


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
        start=classical_scaling(0.5 * (distances + distances.T), len(distances) - 1),
        pairs=torch.from_numpy(np.stack([first, second], axis=1)),
        targets=torch.from_numpy(distances[first, second]),
        held_out=torch.from_numpy(generator.random(len(first)) < HELD_OUT),
    )


def _fit(choice: Choice, dim: int, task: _Task, steps: int, seed: int) -> _Fit:
    trials = [_Search(_built(choice, dim, seed), task, radius) for radius in RADII]
    for trial in trials:
        trial.go_on(TRIAL, steps)
    best = min(trials, key=lambda trial: trial.loss)
    best.go_on(steps - TRIAL, steps)
    with torch.no_grad():
        embedded = best.distances()
        error = _misfit(embedded, task.targets)
    out = task.held_out
    ratios = Ratios(given=task.targets[out].numpy(), embedded=embedded[out].numpy())
    curved = capability(best.geometry, ConstantCurvature)
    return _Fit(
        dim=best.geometry.dim,
        closed=curved is not None and float(curved.sectional_curvature()) > 0.0,
        misfit=float(error[out].mean()),
        fitted=float(error[~out].mean()),
        ratios=ratios,
    )


class _Search:
    """Points, unit of length and the geometry's own parameters on their way to the targets."""

    def __init__(self, geometry: Geometry, task: _Task, radius: float) -> None:
        self.geometry = geometry.double()
        self.task = task
        start = torch.zeros(len(task.start), geometry.dim, dtype=torch.float64)
        known = torch.from_numpy(task.start[:, : geometry.dim].copy())
        start[:, : known.shape[1]] = radius * known
        # Points at one place would have no direction to part in.
        generator = torch.Generator().manual_seed(0)
        start += 1e-2 * torch.randn(start.shape, generator=generator, dtype=start.dtype)
        self.raw = start.requires_grad_()
        self.log_unit = torch.zeros((), dtype=torch.float64)
        with torch.no_grad():
            found = self.distances()
            unit = (found @ task.targets) / (found @ found).clamp_min(1e-12)
        self.log_unit = unit.clamp_min(1e-12).log().requires_grad_()
        parameters = [self.raw, self.log_unit, *self.geometry.parameters()]
        self.optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE)
        self.at = 0
        self.loss = float("inf")

    def distances(self) -> Tensor:
        """Distances of the pairs ``(p,)`` in the unit of the targets."""
        points = self.geometry.project(self.raw)
        x = points.index_select(0, self.task.pairs[:, 0])
        y = points.index_select(0, self.task.pairs[:, 1])
        return self.log_unit.exp() * self.geometry.distance(x, y)

    def go_on(self, steps: int, total: int) -> None:
        """Take some of ``total`` steps; the last two fifths of them are smaller."""
        kept = ~self.task.held_out
        for _ in range(steps):
            rate = LEARNING_RATE if self.at < 0.6 * total else 0.2 * LEARNING_RATE
            self.optimizer.param_groups[0]["lr"] = rate
            loss = _misfit(self.distances(), self.task.targets)[kept].mean()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.at += 1
            self.loss = float(loss.detach())


def _misfit(embedded: Tensor, targets: Tensor) -> Tensor:
    return (embedded - targets).square() / targets.clamp_min(NEAR)


def _built(choice: Choice, dim: int, seed: int) -> Geometry:
    torch.manual_seed(seed)
    geometry: Geometry
    if isinstance(choice, Component):
        fields = attrs.fields_dict(type(choice.options))
        geometry = choice.build(**({"dim": dim} if "dim" in fields else {}))
    else:
        table = {"name": choice} if isinstance(choice, str) else dict(choice)
        name = str(table.pop("name"))
        geometry = geoframe.build("geometry", name, **{"dim": dim, **table})
    if not geometry.promise.nonnegative:
        raise ConfigError([f"geometries: '{_name(choice)}' has negative distances; no data have"])
    return geometry


def _name(choice: Choice) -> str:
    if isinstance(choice, Component):
        return choice.name
    return choice if isinstance(choice, str) else str(choice["name"])
