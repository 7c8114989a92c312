"""The networks of the published experiments without particles in sets.

Sizes and numbers of parameters are those of Ruhe et al. (2023), whose code Ali et al. (2024)
trained. Each takes its metric as an argument and reads it in every pass.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from geoframe_cgenn.kernels.grades import grade_squares
from geoframe_cgenn.layers.activation import MVSiLU
from geoframe_cgenn.layers.linear import MVLinear
from geoframe_cgenn.layers.normalization import length
from geoframe_cgenn.layers.products import FullyConnectedProduct, GeometricProduct
from geoframe_cgenn.metric.learned import Metric
from geoframe_cgenn.models.particles import Particles
from geoframe_cgenn.models.shape import Shape


class VolumeNetwork(nn.Module):
    """Signed volume of n vectors: the pseudoscalar of two fully connected products.

    48,913 parameters for n = 3 and 96 channels.

    Parameters
    ----------
    metric
        The metric; its n is the number of vectors.
    channels
        Multivectors between the products.
    activations
        Gates in a row between the products; the published network has three.
    """

    def __init__(self, metric: Metric, *, channels: int = 96, activations: int = 3) -> None:
        super().__init__()
        self.metric = metric
        self.n = n = metric.n
        self.first = FullyConnectedProduct(n, n, channels, grades=(1,))
        grades = self.first.out_grades
        self.activations = nn.ModuleList(
            MVSiLU(n, channels, grades=grades) for _ in range(activations)
        )
        self.last = FullyConnectedProduct(n, channels, 1, grades=grades, out_grades=(n,))

    def forward(self, vectors: Tensor) -> Tensor:
        """``(b, n, n)``, one vector a row -> volumes ``(b,)``."""
        frame = self.metric.frame()
        x = self.first(frame.enter(vectors).permute(2, 0, 1), frame.form)
        for activation in self.activations:
            x = activation(x, frame.form)
        x = self.last(x, frame.form)
        return frame.leave(x[0], self.n)[:, 0]


class HullNetwork(nn.Module):
    """Volume of the convex hull of points, from invariants of multivectors.

    58,849 parameters for n = 5 and 16 points. The published readout takes the Euclidean norm
    over blades, which is invariant for the identity alone; this one takes the length in the
    metric, the same number for the identity.

    Parameters
    ----------
    metric
        The metric.
    points
        Number of points; their order matters.
    channels, layers
        Multivectors, and products in a row.
    """

    def __init__(
        self, metric: Metric, *, points: int = 16, channels: int = 32, layers: int = 4
    ) -> None:
        super().__init__()
        self.metric = metric
        n = metric.n
        self.embedding = MVLinear(n, points, channels, grades=(1,), shared=True)
        self.products = nn.ModuleList()
        grades = self.embedding.out_grades
        for _ in range(layers):
            product = GeometricProduct(n, channels, grades=grades)
            self.products.append(product)
            grades = product.out_grades
        self.grades = grades
        self.readout = nn.Sequential(
            nn.Linear(channels, channels), nn.SiLU(), nn.Linear(channels, 1)
        )

    def forward(self, points: Tensor) -> Tensor:
        """``(b, points, n)`` -> ``(b,)``."""
        frame = self.metric.frame()
        x = self.embedding(frame.enter(points).permute(2, 0, 1))
        for product in self.products:
            x = product(x, frame.form)
        lengths = length(grade_squares(x, frame.form, self.grades).sum(dim=0))
        answers: Tensor = self.readout(lengths)
        return answers[:, 0]


class PairNetwork(nn.Module):
    """An invariant of a few vectors: one product, then a perceptron on scalar parts.

    344,077 parameters for n = 5, 2 vectors and 580 hidden units.

    Parameters
    ----------
    metric
        The metric.
    vectors
        Number of vectors; their order matters.
    channels, hidden
        Multivectors, and width of the perceptron.
    """

    def __init__(
        self, metric: Metric, *, vectors: int = 2, channels: int = 8, hidden: int = 580
    ) -> None:
        super().__init__()
        self.metric = metric
        n = metric.n
        self.embedding = MVLinear(n, vectors, channels, grades=(1,), shared=True)
        self.product = GeometricProduct(
            n, channels, grades=self.embedding.out_grades, out_grades=(0,)
        )
        self.readout = nn.Sequential(
            nn.Linear(channels, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 1),
        )

    def forward(self, vectors: Tensor) -> Tensor:
        """``(b, vectors, n)`` -> ``(b,)``."""
        frame = self.metric.frame()
        x = self.product(self.embedding(frame.enter(vectors).permute(2, 0, 1)), frame.form)
        answers: Tensor = self.readout(x[0])
        return answers[:, 0]


class PublishedNetwork(nn.Module):
    """One of these networks with the interface of the general one.

    Parameters
    ----------
    shape
        Which, and its sizes.
    metric
        The metric.

    Raises
    ------
    ValueError
        If the data do not fit the network.
    """

    def __init__(self, shape: Shape, metric: Metric) -> None:
        super().__init__()
        if shape.scalars or shape.outputs != 1 or shape.of_sets:
            raise ValueError(f"'{shape.network}' predicts a number from the vectors of a row")
        self.shape = shape
        self.n = metric.n
        self.metrics = nn.ModuleList([metric])
        if shape.network == "volumes":
            if shape.vectors != metric.n:
                raise ValueError(f"'volumes' takes {metric.n} vectors a row, not {shape.vectors}")
            self.inner: nn.Module = VolumeNetwork(metric, channels=shape.channels)
        elif shape.network == "hulls":
            self.inner = HullNetwork(
                metric, points=shape.vectors, channels=shape.channels, layers=shape.layers
            )
        else:
            self.inner = PairNetwork(
                metric, vectors=shape.vectors, channels=shape.channels, hidden=shape.hidden
            )

    def metric(self, at: int) -> Metric:
        """Return the metric."""
        return cast(Metric, self.metrics[at])

    def forward(self, particles: Particles) -> Tensor:
        """Answers ``(r, 1)`` of the rows."""
        answers: Tensor = self.inner(particles.vectors)
        return answers.unsqueeze(-1)
