"""Sets of vectors in their rest frames, where an indefinite form cancels least.

The form of a fast particle is a small difference of large squares, and forms of its products are
differences of their squares: float32 loses a factor (E / m)^4 there. An answer that no isometry
changes may as well be computed in the frame in which the sum of the set has no part in space.
"""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe_cgenn.metric.frames import Frame
from geoframe_cgenn.models.particles import Particles, set_sums

FASTEST = 1 - 1e-10
"""Squared speed up to which a sum is brought to rest."""


def vectors_at_rest(particles: Particles, frame: Frame) -> Tensor:
    """Vectors in a frame, each set moved by an isometry to where its sum is at rest ``(r, v, n)``.

    Computed in float64; the result has the dtype of the vectors.
    """
    exact = particles.vectors.double() @ frame.matrix.double().T
    count = particles.sizes.shape[0]
    moved = at_rest(exact, frame.form.squares, particles.sets, count)
    return moved.to(particles.vectors)


def at_rest(vectors: Tensor, squares: Tensor, sets: Tensor, count: int) -> Tensor:
    """Boost each set of vectors so that its sum is along the axis of time.

    That is the only axis whose square has its sign. Sets whose sum is not timelike stay as they
    are, and so do all where there is no such axis. No gradient flows through the boost: an
    invariant answer has none there.

    Parameters
    ----------
    vectors
        ``(r, v, n)``, in the orthogonal basis of a form.
    squares
        Of the basis vectors ``(n,)``.
    sets, count
        Number of the set of each row ``(r,)``, and how many there are.
    """
    signs = squares.detach().sign().to(vectors)
    positive, negative = (signs > 0).to(vectors), (signs < 0).to(vectors)
    rare_positive = (positive.sum() == 1) & (negative.sum() > 1)
    time = torch.where(rare_positive, positive, negative)
    space = torch.where(rare_positive, negative, positive)
    lengths = torch.where(signs == 0, 1.0, squares.detach().abs().to(vectors)).sqrt()
    scaled = vectors * lengths
    total = set_sums(scaled.detach().sum(dim=1), sets, count)
    speed = _speeds(total * space, total @ time, time.sum() == 1).index_select(0, sets).unsqueeze(1)
    gamma = (1 - speed.square().sum(dim=-1, keepdim=True)).rsqrt()
    along = (scaled * speed).sum(dim=-1, keepdim=True)
    now = (scaled * time).sum(dim=-1, keepdim=True)
    scaled = scaled + (gamma.square() / (gamma + 1) * along - gamma * now) * speed
    scaled = scaled + ((gamma - 1) * now - gamma * along) * time
    return scaled / lengths


def _speeds(space: Tensor, now: Tensor, one_time: Tensor) -> Tensor:
    """Velocities ``(g, n)`` of sums, zero where they cannot be brought to rest."""
    possible = one_time & (space.square().sum(dim=1) < FASTEST * now.square())
    speeds = space / torch.where(possible, now, 1.0).unsqueeze(1)
    return torch.where(possible.unsqueeze(1), speeds, 0.0)
