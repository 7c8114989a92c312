"""The loss of a joint fit, a block of pairs at a time, in single precision. Torch-free."""

from __future__ import annotations

import numpy as np

from geoframe_embedding.distances import Floats
from geoframe_snowflake.joint.search import Singles


class Residuals:
    """Sums of w ((r + e)^q - e^q + c - D)^2 over pairs at distance r, and of its derivatives.

    Parameters
    ----------
    exponent, offset, jump
        The curve: q, e and c.
    """

    def __init__(self, exponent: float, offset: float, jump: float) -> None:
        self.exponent = exponent
        self.q, self.e, self.c = np.float32(exponent), np.float32(offset), np.float32(jump)
        self.base = np.float32(offset**exponent)
        self.slope = float(self.base) * np.log(offset)
        self.loss = self.by_exponent = self.by_jump = 0.0

    def add(self, r: Singles, wanted: Singles, weight: Singles) -> Singles:
        """Take pairs in.

        Parameters
        ----------
        r, wanted, weight
            Distances of the points, those given, and weights, all of one shape; ``r`` is used up.

        Returns
        -------
        numpy.ndarray
            w (f - D) (r + e)^(q - 1) / r, of the same shape: what pulls the points together.
        """
        shifted = r + self.e
        logs = np.log(shifted)
        power = np.exp(self.q * logs)
        error = power - self.base
        error += self.c
        error -= wanted
        pull = weight * error
        pulled = float(pull.sum(dtype=np.float64))
        self.loss += float(np.vdot(pull, error))
        self.by_jump += pulled
        power *= pull
        self.by_exponent += float(np.vdot(power, logs)) - self.slope * pulled
        r *= shifted
        power /= r
        found: Singles = power
        return found

    def value(self, gradient: Floats, total: float) -> tuple[float, Floats, float, float]:
        """Loss over ``total``, and its derivatives by points ``(n, dim)``, exponent and jump."""
        factor = 2.0 / total
        return (
            self.loss / total,
            factor * self.exponent * gradient,
            factor * self.by_exponent,
            factor * self.by_jump,
        )
