"""Which geometry do directed data have? Geometries ranked by distances and by what comes first."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import networkx as nx
import numpy as np
import pandas as pd
import torch
from scipy.sparse.csgraph import shortest_path
from torch import Tensor
from torch.nn import functional as F

from geoframe import DataError, Geometry, PartialOrder, capability
from geoframe_embedding.choices import (
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
from geoframe_embedding.distances import Floats, Ints
from geoframe_embedding.scaling import classical_scaling

DIM = 6
"""Coordinates of an item: three of space and three of time, in a spacetime."""
SPACETIME = {"name": "spacetime", "space": {"name": FLAT, "dim": 3}, "time_dim": 3}
"""A spacetime of as many coordinates."""
SPAN = 8.0
"""Time between the first and the last item at the start, in margins of an order that is learned."""
CLEARLY = 0.9
"""Share of the misfit of flat space below which another space without time is chosen."""
TIME_STARTS = 3
"""Starts of an order, as many as a curved space has: steps seldom lead from one to another."""
TIME_RATE = 4.0
"""Times have to pass one another: their learning rate in multiples of that of places."""
SHARPNESS = 10.0
"""Inverse width of the margin of an order, as in nst."""


def rank_orders(
    distances: Floats,
    geometries: Sequence[Choice] = (FLAT, "hyperboloid", "sphere", SPACETIME),
    dim: int = DIM,
    seeds: Sequence[int] = (0, 1, 2),
    *,
    items: int = 64,
    steps: int = 100,
) -> pd.DataFrame:
    """Embed items some of which lead to others, in geometries with as many coordinates each.

    For a fifth of the pairs, which the fit does not see, an embedding has to say whether one item
    leads to the other, which one, and how far it is. A geometry with an order
    (:class:`~geoframe.PartialOrder`) says so by it. Any other is given cones around a trained
    root o: y comes after x if d(o, y) - d(o, x) >= c d(x, y), with c trained too, which is the
    order of a tree and that of special relativity; so it has a point and a number more.

    Parameters
    ----------
    distances
        Lengths of the directed paths between all items ``(n, n)``, infinite where none leads.
    geometries
        What to compare; those with negative distances are refused.
    dim
        Coordinates of all of them; one that has no option ``dim`` stays as it is.
    seeds
        Seeds of the items, the pairs left out and the parameters.
    items
        Items at a time.
    steps
        Steps of Adam.

    Returns
    -------
    pandas.DataFrame
        Keyed by geometry, the best first: ``dim``; ``ordered``, whether it has an order of its
        own; ``wrong``, the share of the pairs left out whose order is told wrongly; ``lengths``,
        the mean of (d - t)^2 / max(t, 0.1) of those of them that a path joins, in units of the
        median; ``misfit``, their sum; ``chosen``, true for the best, which has to be better than
        flat space by a tenth if it has no order of its own.

    Raises
    ------
    ConfigError
        If a geometry is not known or has negative distances.
    DataError
        If no item of the sample leads to another.
    """
    tasks = [_draw(distances, items, seed) for seed in seeds]
    rows = []
    for choice in geometries:
        fits = [
            _fit(choice, dim, task, seed, steps) for task, seed in zip(tasks, seeds, strict=True)
        ]
        wrong = float(np.mean([fit.wrong for fit in fits]))
        lengths = float(np.mean([fit.lengths for fit in fits]))
        rows.append(
            {
                "geometry": name_of(choice),
                "dim": fits[0].dim,
                "ordered": fits[0].ordered,
                "wrong": wrong,
                "lengths": lengths,
                "misfit": wrong + lengths,
            }
        )
    frame = pd.DataFrame(rows).set_index("geometry").sort_values("misfit", kind="stable")
    return frame.assign(chosen=frame.index == _chosen(frame))


def _chosen(frame: pd.DataFrame) -> str:
    """Name the best; a space without time needs to be clearly better than flat space."""
    total, without = frame["misfit"], frame[~frame["ordered"]]["misfit"]
    best = str(total.index[0])
    if best not in without:  # the others have a root and a slope more
        return best
    flat = float(without.get(FLAT, np.inf))
    first = str(without.index[0])
    return first if without[first] <= CLEARLY * flat else FLAT


@attrs.frozen(kw_only=True, eq=False)
class _Task:
    """Pairs of items, and what is known of them."""

    start: Floats
    """Classical scaling ``(m, m - 1)`` of undirected paths over the pairs that are fitted."""
    before: Ints
    """``(m, m)``: 1 where a fitted pair is in this order, else 0."""
    first: Tensor
    """``(p,)``: of a pair that a path joins, the item it starts at."""
    second: Tensor
    related: Tensor
    """Boolean ``(p,)``: one leads to the other, and not the other way round as well."""
    known: Tensor
    """Boolean ``(p,)``: some path joins them."""
    targets: Tensor
    """Length of the shorter path, in units of the median; 0 where there is none."""
    held_out: Tensor


@attrs.frozen(kw_only=True, eq=False)
class _Fit:
    dim: int
    ordered: bool
    loss: float
    wrong: float
    lengths: float


def _draw(distances: Floats, items: int, seed: int) -> _Task:
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.permutation(len(distances))[:items])
    given = distances[np.ix_(chosen, chosen)]
    i, j = np.triu_indices(len(given), k=1)
    swapped = given[j, i] < given[i, j]
    first, second = np.where(swapped, j, i), np.where(swapped, i, j)
    forth, back = given[first, second], given[second, first]
    known = np.isfinite(forth)
    related = known & ~np.isfinite(back)
    if not related.any():
        raise DataError("no item leads to another that does not lead back: no order to rank by")
    unit = float(np.median(forth[known]))
    held_out = generator.random(len(i)) < HELD_OUT
    fitted = ~held_out
    apart = np.full_like(given, np.inf)
    apart[first[fitted], second[fitted]] = forth[fitted] / unit
    paths = shortest_path(np.where(np.isfinite(apart), apart, 0.0), directed=False)
    paths[~np.isfinite(paths)] = 2.0 * paths[np.isfinite(paths)].max()
    before = np.zeros(given.shape, dtype=np.int64)
    before[first[fitted & related], second[fitted & related]] = 1
    return _Task(
        start=classical_scaling(paths, len(paths) - 1),
        before=before,
        first=torch.from_numpy(first),
        second=torch.from_numpy(second),
        related=torch.from_numpy(related),
        known=torch.from_numpy(known),
        targets=torch.from_numpy(np.where(known, forth, 0.0) / unit),
        held_out=torch.from_numpy(held_out),
    )


def _fit(choice: Choice, dim: int, task: _Task, seed: int, steps: int) -> _Fit:
    """Fit from several starts: sizes where the space is curved, first axes where it has time."""
    starts = [(radius, 0) for radius in RADII]
    if capability(built(choice, dim, seed), PartialOrder) is not None:
        starts = [(RADII[0], axis) for axis in range(TIME_STARTS)]
    elif name_of(choice) == FLAT:
        starts = starts[:1]
    searches = [_Search(built(choice, dim, seed), task, *start) for start in starts]
    return min((search.run(steps) for search in searches), key=lambda fit: fit.loss)


class _Search:
    """Points, the unit of length and an order on their way to what is known of the pairs."""

    def __init__(self, geometry: Geometry, task: _Task, radius: float, axis: int) -> None:
        self.geometry = geometry.double()
        self.task = task
        self.own_order = capability(self.geometry, PartialOrder)
        start = torch.zeros(len(task.start), geometry.dim, dtype=torch.float64)
        is_time = self._times(start)
        space = int((~is_time).sum())
        start[:, ~is_time] = radius * torch.from_numpy(task.start[:, :space].copy())
        start = spread_out(start)
        start[:, is_time] = torch.from_numpy(_extensions(task, int(is_time.sum()), axis))
        self.raw = start.requires_grad_()
        source = int((task.before.sum(axis=1) - task.before.sum(axis=0)).argmax())
        self.root = start[source].detach().clone().requires_grad_()
        self.log_unit = torch.zeros((), dtype=torch.float64, requires_grad=True)
        self.slope = torch.zeros((), dtype=torch.float64, requires_grad=True)
        self.rates = torch.where(is_time, TIME_RATE, 1.0).double()

    def run(self, steps: int) -> _Fit:
        """Fit what may be seen; measure on what may not."""
        task = self.task
        places = [self.root, self.log_unit, self.slope, *self.geometry.parameters()]
        optimizer = torch.optim.Adam([{"params": places}, {"params": [self.raw]}])
        seen = ~task.held_out
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = rate_at(step, steps)
            distances, forth, back = self._said()
            lengths = misfit(distances, task.targets)[task.known & seen].mean()
            loss = lengths + _order_loss(forth, back, task.related)[seen].mean()
            optimizer.zero_grad()
            loss.backward()
            held = self.raw.detach().clone()
            optimizer.step()
            with torch.no_grad():  # Adam's steps do not depend on the scale of a gradient
                self.raw.copy_(held + self.rates * (self.raw - held))
        with torch.no_grad():
            distances, forth, back = self._said()
            said = (forth <= 0).int() - ((back <= 0) & (forth > 0)).int()
            wrong = said != task.related.int()
            errors = misfit(distances, task.targets)[task.known & task.held_out]
            return _Fit(
                dim=self.geometry.dim,
                ordered=self.own_order is not None,
                loss=float(loss.detach()),
                wrong=float(wrong[task.held_out].double().mean()),
                lengths=float(errors.mean()),
            )

    def _said(self) -> tuple[Tensor, Tensor, Tensor]:
        """Distances, and gaps of the order forth and back ``(p,)``: it holds where one is <= 0."""
        points = self.geometry.project(self.raw)
        x, y = points[self.task.first], points[self.task.second]
        unit = self.log_unit.exp()
        distances = unit * self.geometry.distance(x, y)
        if self.own_order is not None:
            forth, back = self.own_order.order_gap(x, y), self.own_order.order_gap(y, x)
            return distances, forth.amax(-1), back.amax(-1)
        height = unit * self.geometry.distance(self.geometry.project(self.root), points)
        rise = height[self.task.second] - height[self.task.first]
        cone = torch.sigmoid(self.slope) * distances
        return distances, cone - rise, cone + rise

    def _times(self, start: Tensor) -> Tensor:
        """Raw coordinates ``(dim,)`` that the order depends on, and distances do not."""
        if self.own_order is None:
            return torch.zeros(self.geometry.dim, dtype=torch.bool)
        raw = (start[:2] + torch.randn(2, self.geometry.dim, dtype=start.dtype)).requires_grad_()
        x, y = self.geometry.project(raw).unbind(0)
        in_order = torch.autograd.grad(self.own_order.order_gap(x, y).sum(), raw, retain_graph=True)
        in_space = torch.autograd.grad(self.geometry.distance(x, y), raw, allow_unused=True)[0]
        far = torch.zeros_like(raw) if in_space is None else in_space
        return (in_order[0].abs().sum(0) > 0) & (far.abs().sum(0) == 0)


def _order_loss(forth: Tensor, back: Tensor, related: Tensor) -> Tensor:
    """Smooth hinge of each pair at a margin: forth and not back, or neither of them."""
    apart = _hinge(-forth) + _hinge(-back)
    return torch.where(related, _hinge(forth), apart)


def _hinge(gaps: Tensor) -> Tensor:
    return F.softplus(SHARPNESS * gaps + 1.0) / SHARPNESS


def _extensions(task: _Task, count: int, first: int) -> Floats:
    """Linear extensions ``(m, count)`` of the pairs that are seen, in opposite ways by axes.

    The first two go along and against the axis ``first`` of classical scaling.
    """
    known = nx.from_numpy_array(task.before, create_using=nx.DiGraph)
    ranks = np.zeros((len(task.start), count))
    for number in range(count):
        axis = (-1) ** number * task.start[:, first + number // 2]
        order = list(nx.lexicographical_topological_sort(known, key=axis.__getitem__))
        ranks[order, number] = np.linspace(0.0, SPAN, len(order))
    return ranks
