"""The published network for jets: multivectors and scalars of particles that gate each other.

Sizes and numbers of parameters are those of the top tagging experiment of Ruhe et al. (2023), which
Ali et al. (2024) repeated with a learned metric.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from geoframe_cgenn.algebra.blades import blades
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.kernels.grades import scale_grades
from geoframe_cgenn.layers.activation import invariants
from geoframe_cgenn.layers.linear import MVLinear
from geoframe_cgenn.layers.normalization import MVLayerNorm
from geoframe_cgenn.layers.products import FullyConnectedProduct
from geoframe_cgenn.metric.learned import Metric
from geoframe_cgenn.models.messages import pair_means
from geoframe_cgenn.models.particles import Particles, set_sums
from geoframe_cgenn.models.rest import vectors_at_rest
from geoframe_cgenn.models.shape import Shape

DECODER, DROPOUT = 64, 0.2
"""Width of the readout, and share of it that is dropped in training."""


class JetLayer(nn.Module):
    """Messages between all pairs, of multivectors and of scalars; each gates the other.

    Parameters
    ----------
    n
        Dimension of V.
    channels, width
        Multivectors, and scalars, of a particle.
    vectors, scalars
        Vectors and scalars of a particle that are given to each layer again.
    """

    def __init__(self, n: int, channels: int, width: int, vectors: int, scalars: int) -> None:
        super().__init__()
        self.n = n
        self.grades = blades(n).all_grades
        numbers = channels * (n + 1)
        self.message = FullyConnectedProduct(
            n, 3 * channels + 3 * vectors, channels, normalize=False
        )
        self.message_norm = MVLayerNorm(n, channels)
        self.message_scalars = nn.Sequential(
            nn.Linear(3 * width + numbers, width, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
        )
        self.message_gates = _perceptron(width, width, numbers)
        self.update = FullyConnectedProduct(n, 2 * channels + vectors, channels, normalize=False)
        self.update_norm = MVLayerNorm(n, channels)
        self.update_scalars = nn.Sequential(
            nn.Linear(scalars + numbers + 2 * width, width),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Linear(width, width),
        )
        self.update_gates = _perceptron(width, width, numbers)

    def forward(
        self, h: Tensor, x: Tensor, given: Tensor, particles: Particles, form: DiagonalForm
    ) -> tuple[Tensor, Tensor]:
        """Next scalars and multivectors of the particles.

        Parameters
        ----------
        h
            Scalars ``(r, width)``.
        x, given
            Multivectors ``(D, r, channels)``, and those of the given vectors ``(D, r, vectors)``.
        """
        receivers, senders = particles.receivers, particles.senders
        (x_i, p_i, h_i), (x_j, p_j, h_j) = (
            (x.index_select(1, ends), given.index_select(1, ends), h.index_select(0, ends))
            for ends in (receivers, senders)
        )
        both = torch.cat([x_i, x_j, x_i - x_j, p_i - p_j, p_i, p_j], dim=-1)
        m = self.message_norm(self.message(both, form), form)
        told = torch.cat([_numbers(m, form), h_i, h_j, h_i - h_j], dim=-1)
        m_h = self.message_scalars(told)
        m = self._gated(m, self.message_gates(m_h))
        heard = pair_means(m, receivers, particles)
        heard_h = pair_means(m_h.unsqueeze(0), receivers, particles)[0]
        numbers = _numbers(x, form)
        x = self.update(torch.cat([x, heard, given], dim=-1), form)
        h = self.update_scalars(torch.cat([h, heard_h, numbers, particles.scalars], dim=-1))
        return h, self._gated(self.update_norm(x, form), self.update_gates(h))

    def _gated(self, x: Tensor, gates: Tensor) -> Tensor:
        """Scale each grade of each channel by a gate ``(b, channels * grades)``."""
        by_grade = torch.sigmoid(gates).unflatten(-1, (-1, self.n + 1)).permute(2, 0, 1)
        return scale_grades(x, by_grade, self.n, self.grades)


class JetNetwork(nn.Module):
    """Classes of sets of momenta, from invariants of multivectors and from scalars.

    320,594 parameters for n = 4, one vector and two scalars of a particle, 8 multivectors, 72
    scalars and 4 layers. Products are not normalised: momenta of massless particles have length 0.
    Sets are taken in their rest frames, which changes no answer but what rounding does to it.

    Parameters
    ----------
    shape
        Sizes; ``hidden`` is the number of scalars of a particle.
    metric
        The metric.

    Raises
    ------
    ValueError
        If rows have answers of their own, or vector ones.
    """

    def __init__(self, shape: Shape, metric: Metric) -> None:
        super().__init__()
        if not shape.of_sets or shape.outputs == 0:
            raise ValueError("'jets' predicts a class or a number of each set; name data.group")
        self.shape = shape
        self.metrics = nn.ModuleList([metric])
        self.n = n = metric.n
        c, width = shape.channels, shape.hidden
        self.embedding = MVLinear(n, shape.vectors, c, shared=True)
        self.embedding_scalars = nn.Linear(shape.scalars, width)
        self.layers = nn.ModuleList(
            JetLayer(n, c, width, shape.vectors, shape.scalars) for _ in range(shape.layers)
        )
        self.readout = nn.Sequential(
            nn.Linear(width + c * (n + 1), DECODER),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(DECODER, shape.outputs),
        )

    def metric(self, at: int) -> Metric:
        """Return the metric."""
        return cast(Metric, self.metrics[at])

    def forward(self, particles: Particles) -> Tensor:
        """Answers ``(g, outputs)`` of the sets."""
        frame = self.metric(0).frame()
        vectors = vectors_at_rest(particles, frame)
        given = pad(vectors.permute(2, 0, 1), (0, 0, 0, 0, 1, 2**self.n - 1 - self.n))
        x, h = self.embedding(given), self.embedding_scalars(particles.scalars)
        for layer in self.layers:
            h, x = layer(h, x, given, particles, frame.form)
        rows = torch.cat([h, _numbers(x, frame.form)], dim=-1)
        sums = set_sums(rows, particles.sets, particles.sizes.shape[0])
        answers: Tensor = self.readout(sums / particles.sizes.to(sums.dtype).unsqueeze(-1))
        return answers


def _perceptron(inputs: int, width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, outputs))


def _numbers(x: Tensor, form: DiagonalForm) -> Tensor:
    """Invariants of multivectors ``(D, b, c)`` with all grades -> ``(b, c * grades)``."""
    return invariants(x, form, blades(form.n).all_grades).permute(1, 2, 0).flatten(1)
