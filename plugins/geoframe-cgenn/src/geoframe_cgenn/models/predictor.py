"""A network with the units of its data: raw vectors in, answers in the units of the target out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from geoframe_cgenn.models.jets import JetNetwork
from geoframe_cgenn.models.network import CliffordNetwork
from geoframe_cgenn.models.particles import Particles
from geoframe_cgenn.models.published import PublishedNetwork
from geoframe_cgenn.sets import Kind, VectorSets

Network = CliffordNetwork | JetNetwork | PublishedNetwork


class CliffordPredictor(nn.Module):
    """Scales vectors by one number each, never by components, so that no symmetry is broken.

    Parameters
    ----------
    network
        The network on scaled data.
    kind
        What it predicts.
    """

    vector_scale: Tensor
    scalar_mean: Tensor
    scalar_scale: Tensor
    target_mean: Tensor
    target_scale: Tensor

    def __init__(self, network: Network, kind: Kind) -> None:
        super().__init__()
        self.network = network
        self.kind = kind
        self.register_buffer("vector_scale", torch.ones(network.shape.vectors))
        self.register_buffer("scalar_mean", torch.zeros(network.shape.scalars))
        self.register_buffer("scalar_scale", torch.ones(network.shape.scalars))
        self.register_buffer("target_mean", torch.zeros(()))
        self.register_buffer("target_scale", torch.ones(()))

    @torch.no_grad()
    def measure(self, sets: VectorSets, *, targets: bool = True) -> None:
        """Take the units from training data: root mean squares, and mean and deviation of scalars.

        Positions share one unit. A vector target has a unit, and no mean: that would be a
        direction.

        Parameters
        ----------
        targets
            Whether the targets are measured, too; else they keep the units they have.
        """
        vectors = torch.from_numpy(sets.vectors)
        scale = vectors.square().mean(dim=(0, 2))
        scale[: sets.points] = scale[: sets.points].mean()
        self.vector_scale.copy_(_unit(scale.sqrt()))
        scalars = torch.from_numpy(sets.scalars)
        self.scalar_mean.copy_(scalars.mean(dim=0))
        self.scalar_scale.copy_(_unit((scalars - self.scalar_mean).square().mean(dim=0).sqrt()))
        if sets.kind == "class" or sets.targets is None or not targets:
            return
        values = torch.from_numpy(sets.targets)
        if sets.kind == "number":
            # A pseudoscalar has no mean for the same reason.
            mean = 0.0 if self.network.shape.pseudoscalar else values.mean()
            self.target_mean.copy_(torch.as_tensor(mean))
            self.target_scale.copy_(_unit(values.std(correction=0)))
        else:
            self.target_scale.copy_(_unit(values.square().mean().sqrt()))

    def standard(self, particles: Particles) -> Tensor:
        """Answers in the network's own units: ``(m, outputs)`` or ``(m, n)``."""
        scaled = Particles(
            (particles.scalars - self.scalar_mean) / self.scalar_scale,
            particles.vectors / self.vector_scale.unsqueeze(-1),
            particles.sizes,
            particles.sets,
            particles.receivers,
            particles.senders,
            particles.partners,
        )
        answers: Tensor = self.network(scaled)
        return answers

    def standard_target(self, targets: Tensor) -> Tensor:
        """Targets ``(m,)`` or ``(m, n)`` in the network's own units."""
        return (targets - self.target_mean) / self.target_scale

    def forward(self, particles: Particles) -> Tensor:
        """Numbers ``(m,)`` or vectors ``(m, n)`` in the target's units, or logits ``(m, k)``."""
        answers = self.standard(particles)
        if self.kind == "class":
            return answers
        answers = answers * self.target_scale + self.target_mean
        return answers[:, 0] if self.kind == "number" else answers


def _unit(scale: Tensor) -> Tensor:
    """Scales, with 1 in the place of what does not vary."""
    return torch.where(scale > 0, scale, 1.0)
