"""Layers in which the particles of a set learn of each other."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from geoframe_cgenn.algebra.blades import Grades, blades
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.layers.block import CliffordBlock, CliffordMLP
from geoframe_cgenn.models.particles import Particles, set_sums


class _Residual(nn.Module):
    """h + change, where h may have fewer grades than the change, or others."""

    def __init__(self, n: int, grades: Grades, change: Grades) -> None:
        super().__init__()
        self.out_grades = tuple(grade for grade in range(n + 1) if grade in (*grades, *change))
        self.counts = {grade: blades(n).count(grade) for grade in self.out_grades}
        self.grades, self.change = grades, change

    def forward(self, h: Tensor, change: Tensor) -> Tensor:
        if self.grades == self.change:
            return h + change
        parts = self._by_grade(h, self.grades)
        for grade, part in self._by_grade(change, self.change).items():
            parts[grade] = parts[grade] + part if grade in parts else part
        return torch.cat([parts[grade] for grade in self.out_grades])

    def _by_grade(self, x: Tensor, grades: Grades) -> dict[int, Tensor]:
        parts = torch.split(x, [self.counts[grade] for grade in grades])
        return dict(zip(grades, parts, strict=True))


class PairMessages(nn.Module):
    """Message passing over all pairs of a set (Ruhe et al. 2023, section 5.2).

    message_ij = MLP([h_i - h_j, products of the two ends' scalars]); the change of h_i is
    MLP([h_i, mean of its messages]), added to h_i.

    Parameters
    ----------
    n
        Dimension of V.
    channels
        Number of multivectors of a particle.
    scalars
        Number of scalars of a particle.
    grades
        Grades of h.
    normalize
        As in :class:`~geoframe_cgenn.layers.block.CliffordBlock`.
    """

    def __init__(
        self, n: int, channels: int, scalars: int, *, grades: Grades, normalize: bool = True
    ) -> None:
        super().__init__()
        self.channels = channels
        self.grades = grades
        self.message = CliffordMLP(
            n, channels + scalars, channels, grades=grades, normalize=normalize
        )
        self.joined = _Residual(n, grades, self.message.out_grades)
        self.update = CliffordMLP(
            n, 2 * channels, channels, grades=self.joined.out_grades, normalize=normalize
        )
        self.residual = _Residual(n, grades, self.update.out_grades)
        self.out_grades = self.residual.out_grades

    def forward(self, h: Tensor, particles: Particles, form: DiagonalForm) -> Tensor:
        """``(D, r, channels)`` -> ``(D', r, channels)``."""
        receivers, senders = particles.receivers, particles.senders
        first = cast(CliffordBlock, self.message.blocks[0])
        # The first map is linear, so it is applied to particles, of which there are fewer.
        weight = first.linear.weight
        at_nodes = torch.bmm(h, weight[:, : self.channels].index_select(0, first.linear.rows))
        m = at_nodes.index_select(1, receivers) - at_nodes.index_select(1, senders)
        ends = particles.scalars.index_select(0, receivers)
        shared = ends * particles.scalars.index_select(0, senders)
        scalar, rest = torch.split(m, [1, len(m) - 1])
        scalar = scalar + shared @ weight[0, self.channels :] + cast(Tensor, first.linear.bias)
        m = first.after_linear(torch.cat([scalar, rest]), form)
        for block in self.message.blocks[1:]:
            m = block(m, form)
        mean = pair_means(m, receivers, particles)
        if self.joined.grades == self.joined.change:
            both = torch.cat([h, mean], dim=-1)
        else:  # h in the first half of the channels, the mean in the second
            both = self.joined(pad(h, (0, self.channels)), pad(mean, (self.channels, 0)))
        return self.residual(h, self.update(both, form))  # type: ignore[no-any-return]


def pair_means(m: Tensor, receivers: Tensor, particles: Particles) -> Tensor:
    """Mean over the messages ``(..., e, c)`` that each particle receives -> ``(..., r, c)``."""
    rows = particles.sets.shape[0]
    if particles.partners:
        means: Tensor = m.unflatten(-2, (rows, particles.partners)).mean(dim=-2)
        return means
    others = (particles.sizes[particles.sets] - 1).clamp_min(1)
    return set_sums(m, receivers, rows) / others.to(m.dtype).unsqueeze(-1)


class PooledMessages(nn.Module):
    """Particles learn of the sum over their set: linear in the size of the set.

    The change of h_i is MLP([h_i, sum over the set of h_j / typical size]), added to h_i.

    Parameters
    ----------
    n
        Dimension of V.
    channels
        Number of multivectors of a particle.
    grades, normalize
        As in :class:`PairMessages`.
    typical_size
        Constant that sums are divided by.
    """

    def __init__(
        self,
        n: int,
        channels: int,
        *,
        grades: Grades,
        typical_size: float,
        normalize: bool = True,
    ) -> None:
        super().__init__()
        self.typical_size = typical_size
        self.grades = grades
        self.update = CliffordMLP(n, 2 * channels, channels, grades=grades, normalize=normalize)
        self.residual = _Residual(n, grades, self.update.out_grades)
        self.out_grades = self.residual.out_grades

    def forward(self, h: Tensor, particles: Particles, form: DiagonalForm) -> Tensor:
        """``(D, r, channels)`` -> ``(D', r, channels)``."""
        pooled = set_sums(h, particles.sets, particles.sizes.shape[0]) / self.typical_size
        both = torch.cat([h, pooled.index_select(1, particles.sets)], dim=-1)
        return self.residual(h, self.update(both, form))  # type: ignore[no-any-return]


class NoMessages(nn.Module):
    """Every particle is by itself: the change of h_i is MLP(h_i), added to h_i."""

    def __init__(self, n: int, channels: int, *, grades: Grades, normalize: bool = True) -> None:
        super().__init__()
        self.grades = grades
        self.update = CliffordMLP(n, channels, channels, grades=grades, normalize=normalize)
        self.residual = _Residual(n, grades, self.update.out_grades)
        self.out_grades = self.residual.out_grades

    def forward(self, h: Tensor, particles: Particles, form: DiagonalForm) -> Tensor:
        """``(D, r, channels)`` -> ``(D', r, channels)``."""
        return self.residual(h, self.update(h, form))  # type: ignore[no-any-return]
