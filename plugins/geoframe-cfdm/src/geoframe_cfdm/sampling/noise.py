"""Random numbers of a sample: a function of the seed and the sample's number alone."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from geoframe_cfdm.sampling.config import Noise
from geoframe_diffusion.noise import generator_of


@attrs.frozen(kw_only=True)
class NoisePolicy:
    """How the smoothing perturbations are drawn."""

    sigma: float
    perturbations: int
    noise: Noise
    antithetic: bool = False

    @property
    def count(self) -> int:
        """Perturbations that make a difference: all are the same if sigma is 0."""
        return 1 if self.sigma == 0 else self.perturbations


class SampleNoise:
    """The random numbers of samples ``first`` ... ``first + n - 1`` of a stream.

    Each sample has a generator of its own, so that neither the batch size nor where a stream is
    cut changes its numbers. They are drawn on the CPU, so that every device gets the same.

    Parameters
    ----------
    seed
        Seed of the stream.
    dim
        Number of coordinates d.
    """

    def __init__(self, seed: int, first: int, n: int, dim: int, policy: NoisePolicy) -> None:
        self.seed, self.dim, self.policy = seed, dim, policy
        self._own = [generator_of(seed, index) for index in range(first, first + n)]

    def initial(self) -> Tensor:
        """Standard normal states ``(n, d)``; drawn first."""
        return self._drawn((self.dim,))

    def uniform(self) -> Tensor:
        """One uniform number per sample ``(n,)`` float64, to choose a training item with."""
        drawn = [torch.rand((), generator=own, dtype=torch.float64) for own in self._own]
        return torch.stack(drawn) if drawn else torch.empty(0, dtype=torch.float64)

    def uniforms(self, each: int, count: int) -> Tensor:
        """Uniform numbers ``(n * each, count)`` float64."""
        drawn = [torch.rand(each, count, generator=own, dtype=torch.float64) for own in self._own]
        return torch.cat(drawn) if drawn else torch.empty(0, count, dtype=torch.float64)

    def perturbations(self) -> Tensor | None:
        """Perturbations times sigma ``(n, M, d)``, ``(1, M, d)`` if shared, None if sigma is 0.

        With the policy ``"fresh"`` every call draws new ones.
        """
        policy = self.policy
        if policy.sigma == 0:
            return None
        drawn = policy.count // 2 if policy.antithetic else policy.count
        shape = (drawn, self.dim)
        if policy.noise == "shared":
            # Numbered -1, it belongs to no sample.
            epsilon = torch.randn(shape, generator=generator_of(self.seed, -1))[None]
        else:
            epsilon = self._drawn(shape)
        if policy.antithetic:
            epsilon = torch.cat([epsilon, -epsilon], dim=1)
        return epsilon.mul_(policy.sigma)

    def _drawn(self, shape: tuple[int, ...]) -> Tensor:
        out = torch.empty(len(self._own), *shape)
        for row, own in zip(out, self._own, strict=True):
            row.normal_(generator=own)
        return out
