"""The network that the method trains: embedding, layers, readout."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from geoframe_cgenn.algebra.blades import blades
from geoframe_cgenn.layers.activation import invariants
from geoframe_cgenn.layers.linear import MVLinear
from geoframe_cgenn.metric.frames import Frame
from geoframe_cgenn.metric.learned import Metric
from geoframe_cgenn.models.messages import NoMessages, PairMessages, PooledMessages
from geoframe_cgenn.models.particles import Particles, set_sums
from geoframe_cgenn.models.rest import vectors_at_rest
from geoframe_cgenn.models.shape import Shape

MessageLayer = NoMessages | PairMessages | PooledMessages


class CliffordNetwork(nn.Module):
    """From particles to invariant numbers or to vectors, equivariant for the metric's isometries.

    Parameters
    ----------
    shape
        Sizes.
    metrics
        One metric for all layers, or one for the embedding and each layer (``layers + 1``);
        features then change frames between layers.

    Raises
    ------
    ValueError
        If the number of metrics is another.
    """

    def __init__(self, shape: Shape, *metrics: Metric) -> None:
        super().__init__()
        if len(metrics) not in (1, shape.layers + 1):
            raise ValueError(f"1 or {shape.layers + 1} metrics are needed, got {len(metrics)}")
        self.shape = shape
        self.metrics = nn.ModuleList(metrics)
        self.n = n = metrics[0].n
        c = shape.channels
        self.embedding = MVLinear(n, shape.scalars + shape.vectors, c, grades=(0, 1), shared=True)
        grades = self.embedding.out_grades
        self.layers = nn.ModuleList()
        for _ in range(shape.layers):
            layer = self._layer(grades)
            self.layers.append(layer)
            grades = layer.out_grades
        self.grades = grades
        if shape.outputs == 0:
            self.projection = MVLinear(n, c, 1, grades=grades)
        else:
            features = len(grades) * c * (2 if shape.of_sets else 1)
            self.readout = nn.Sequential(
                nn.Linear(features, shape.hidden),
                nn.SiLU(),
                nn.Linear(shape.hidden, shape.hidden),
                nn.SiLU(),
                nn.Linear(shape.hidden, shape.outputs),
            )

    def _layer(self, grades: tuple[int, ...]) -> MessageLayer:
        shape, n = self.shape, self.n
        if shape.messages == "pairs":
            return PairMessages(
                n, shape.channels, shape.scalars, grades=grades, normalize=shape.normalize
            )
        if shape.messages == "pooled":
            return PooledMessages(
                n,
                shape.channels,
                grades=grades,
                typical_size=shape.typical_size,
                normalize=shape.normalize,
            )
        return NoMessages(n, shape.channels, grades=grades, normalize=shape.normalize)

    def forward(self, particles: Particles) -> Tensor:
        """Answers ``(g, outputs)`` or ``(g, n)`` of the sets, or of the rows if each has one."""
        frame = self.metric(0).frame()
        h = self.embedding(particles.features(self._entered(particles, frame)))
        for at, layer in enumerate(self.layers):
            if len(self.metrics) > 1:
                following = self.metric(at + 1).frame()
                h = change_frame(h, frame, following, cast(MessageLayer, layer).grades)
                frame = following
            h = layer(h, particles, frame.form)
        if self.shape.outputs == 0:
            return self._vector(h, particles, frame)
        return self._numbers(h, particles, frame)

    def metric(self, at: int) -> Metric:
        """Metric of the embedding (0) or of layer ``at``."""
        return cast(Metric, self.metrics[at])

    def _entered(self, particles: Particles, frame: Frame) -> Tensor:
        invariant = self.shape.outputs > 0 and len(self.metrics) == 1
        if invariant and not self.shape.normalize:  # the form may be indefinite
            return vectors_at_rest(particles, frame)
        return frame.enter(particles.vectors)

    def _vector(self, h: Tensor, particles: Particles, frame: Frame) -> Tensor:
        if self.shape.of_sets:
            h = self._pooled(h, particles)
        rows = blades(self.n).slice(1)
        vectors = self.projection(h)[rows, :, 0]
        return frame.leave(vectors.T)

    def _numbers(self, h: Tensor, particles: Particles, frame: Frame) -> Tensor:
        found = invariants(h, frame.form, self.grades)
        if self.shape.of_sets:
            own = invariants(self._pooled(h, particles), frame.form, self.grades)
            found = torch.cat([self._pooled(found, particles), own], dim=-1)
        # Forms of products grow fast with the data; their signed logarithm does not.
        flat = found.transpose(0, 1).flatten(1)
        answers: Tensor = self.readout(flat.sign() * flat.abs().log1p())
        return answers

    def _pooled(self, x: Tensor, particles: Particles) -> Tensor:
        return set_sums(x, particles.sets, particles.sizes.shape[0]) / self.shape.typical_size


def change_frame(x: Tensor, here: Frame, there: Frame, grades: tuple[int, ...]) -> Tensor:
    """Features ``(D, b, c)`` in one frame -> the same multivectors in another."""
    step = Frame(there.matrix @ torch.linalg.inv(here.matrix), there.form)
    counts = [blades(here.form.n).count(grade) for grade in grades]
    parts = [
        step.enter(part.movedim(0, -1), grade).movedim(-1, 0)
        for grade, part in zip(grades, torch.split(x, counts), strict=True)
    ]
    return torch.cat(parts)
