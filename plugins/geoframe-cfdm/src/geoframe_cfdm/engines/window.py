"""Windows that stay valid for several steps, with a certificate.

While a sample moves in a straight line from a state ``z_a`` at time ``t_a`` towards ``v`` (which
it would reach at t = 1), the score of a point under a perturbation,

    u_i(t) = <z(t) + e_m, x_i> - t |x_i|^2 / 2,

is linear in t. The largest score of a set of points is then convex in t, so on [t_a, 1] it lies
below the chord between its values at the two ends. If the sample has left the line by ``r``, a
score has changed by at most ``|r| max |x_i|``. So from two products with all points we know, at
every later step and without looking at them again, that no point outside a small window can
weigh anything: its weight is at most exp(-gap) of the heaviest one.
"""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from geoframe_cfdm.engines.base import sharpness
from geoframe_cfdm.engines.points import Points

DOUBLE_FROM = 0.5
"""Time from which scores are computed in float64: there c amplifies their rounding error."""


@attrs.frozen(kw_only=True, eq=False)
class Window:
    """Windows of ``b`` samples, padded to ``K`` points each, opened at time ``t``."""

    rows: Tensor
    """Rows of the batch ``(b,)``."""
    t: float
    origin: Tensor
    """States ``(b, d)`` at the opening."""
    target: Tensor
    """Points ``(b, d)`` that the line leads to."""
    index: Tensor
    """Points of the windows ``(b, K)``, padded with 0."""
    present: Tensor
    """Whether an entry is a point ``(b, K)``."""
    points: Tensor
    """``(b, K, d)``."""
    half_norms: Tensor
    """``(b, K)``."""
    log_weights: Tensor | None
    """``(b, K)``."""
    perturbed: Tensor
    """``<e_m, x_i>``, ``(b, M, K)``; zeros ``(b, 1, K)`` without perturbations."""
    outside: Tensor
    """Largest score outside the window at the two ends ``(b, M, 2)``, rounding included."""

    def keep(self, chosen: Tensor) -> Window:
        """Return the windows of some samples, ``chosen`` being a mask ``(b,)``."""
        tensors = attrs.asdict(self, filter=lambda _, value: isinstance(value, Tensor))
        return attrs.evolve(self, **{name: value[chosen] for name, value in tensors.items()})


@attrs.frozen(kw_only=True, eq=False)
class WindowPosterior:
    """What the windows say of the posterior at a state."""

    mean: Tensor
    """``(b, d)``."""
    ess: Tensor
    """``(b,)``."""
    log_dropped: Tensor
    """Upper bound of the logarithm of the mass outside the window ``(b,)``."""
    tuples: Tensor
    """``(b, M)``."""
    tuple_weights: Tensor
    """``(b, M)``."""


def evaluate(window: Window, z: Tensor, t: float, points: Points) -> WindowPosterior:
    """Compute the posterior of states ``z`` ``(b, d)`` within their windows, and what it misses."""
    c = sharpness(t)
    reached = (t - window.t) / (1 - window.t)
    line = torch.lerp(window.origin, window.target, reached)
    strayed = (z - line).norm(dim=1) * points.radius
    exact = torch.float64 if t >= DOUBLE_FROM else torch.float32
    members = window.points.to(exact)
    scores = torch.bmm(members, z.to(exact)[:, :, None]).squeeze(-1)
    scores = scores - t * window.half_norms.to(exact)
    logits = c * (scores[:, None] + window.perturbed)
    highest = 0.0
    if window.log_weights is not None and points.log_weights is not None:
        logits = logits + window.log_weights[:, None]
        highest = float(points.log_weights.max())
    logits = logits.masked_fill(~window.present[:, None], -torch.inf)
    best, place = logits.max(-1)
    chord = torch.lerp(window.outside[..., 0], window.outside[..., 1], reached)
    excess = c * (chord + strayed[:, None]) + highest - best
    soft = torch.softmax(logits, -1)
    weights = soft.mean(1)
    return WindowPosterior(
        mean=torch.bmm(weights[:, None], members).squeeze(1).float(),
        ess=(1 / weights.square().sum(1)).float(),
        log_dropped=excess.amax(1).float() + float(torch.tensor(len(points)).log()),
        tuples=window.index[:, None]
        .expand(-1, place.shape[1], -1)
        .gather(2, place[:, :, None])
        .squeeze(2),
        tuple_weights=soft.gather(2, place[:, :, None]).squeeze(2).float(),
    )


@attrs.frozen(kw_only=True, eq=False)
class Ends:
    """Scores of all points at the two ends of the lines of ``b`` samples."""

    t: float
    origin: Tensor
    """``(b, d)``."""
    target: Tensor
    """``(b, d)``."""
    at_origin: Tensor
    """``<origin, x_i>``, ``(b, N)``."""
    at_target: Tensor
    """``<target, x_i>``, ``(b, N)``."""
    slack: Tensor
    """Bound of the rounding error of both ``(b,)``."""


def open_windows(
    ends: Ends,
    rows: Tensor,
    points: Points,
    perturbations: Tensor | None,
    perturbed: Tensor | None,
    *,
    gap: float,
    limit: int,
) -> tuple[list[Window], Tensor]:
    """Open windows around the points that matter now or at the end of the line.

    Parameters
    ----------
    rows
        Rows of the batch that the samples of ``ends`` stand in ``(b,)``.
    perturbations, perturbed
        ``e_m`` ``(b or 1, M, d)`` and ``<e_m, x_i>`` ``(b or 1, M, N)`` of these rows, or None.
    gap
        Difference of logits beyond which points are left out.
    limit
        Largest window; samples that need a larger one get none.

    Returns
    -------
    list, Tensor
        Windows, sorted by size, and a mask ``(b,)`` of the samples that got none.
    """
    width = gap / sharpness(ends.t)
    chosen: list[Tensor] = []
    outside = []
    for row in range(len(rows)):
        start = ends.at_origin[row] - ends.t * points.half_norms
        end = ends.at_target[row] - points.half_norms
        scores = torch.stack([start, end])[:, None]
        if perturbed is not None:
            scores = scores + perturbed[row if len(perturbed) > 1 else 0]
        # Twice the width now, so that the sample may stray; a tenth of it at the end of the
        # line, where the points left are far apart.
        margin = scores.new_tensor([2 * width, 0.1 * width])[:, None, None]
        least = scores.amax(-1, keepdim=True) - margin - 2 * ends.slack[row]
        index = ((scores - least).flatten(0, 1).amax(0) >= 0).nonzero().squeeze(1)
        chosen.append(index)
        scores.index_fill_(-1, index, -torch.inf)
        outside.append(scores.amax(-1).T + ends.slack[row])
    sizes = torch.tensor([len(index) for index in chosen])
    windows = []
    smallest = 0
    for largest in sorted({min(32, limit), min(128, limit), limit}):
        group = ((sizes > smallest) & (sizes <= largest)).nonzero().squeeze(1)
        smallest = largest
        if len(group):
            windows.append(_gather(ends, rows, group, chosen, outside, points, perturbations))
    return windows, (sizes > limit).to(rows.device)


def _gather(
    ends: Ends,
    rows: Tensor,
    group: Tensor,
    chosen: list[Tensor],
    outside: list[Tensor],
    points: Points,
    perturbations: Tensor | None,
) -> Window:
    index = torch.nn.utils.rnn.pad_sequence(
        [chosen[row] for row in group.tolist()], batch_first=True, padding_value=-1
    )
    present = index >= 0
    index = index.clamp_min(0)
    members = points.rows(index)
    group = group.to(rows.device)
    if perturbations is None:
        perturbed = members.new_zeros(len(group), 1, index.shape[1])
    else:
        own = perturbations if len(perturbations) == 1 else perturbations[group]
        perturbed = own.expand(len(group), -1, -1) @ members.transpose(1, 2)
    log_weights = None if points.log_weights is None else points.log_weights[index]
    return Window(
        rows=rows[group],
        t=ends.t,
        origin=ends.origin[group],
        target=ends.target[group],
        index=index,
        present=present,
        points=members,
        half_norms=points.half_norms[index],
        log_weights=log_weights,
        perturbed=perturbed,
        outside=torch.stack([outside[row] for row in group.tolist()]),
    )
