"""Symmetric positive definite 2 x 2 matrices with the affine-invariant distance."""

import torch

from geoframe import Geometry

LONGEST = 2.0


class PositiveDefinite(Geometry):
    """Covariances of two variables: d(A, B) is the norm of the logs of A^-1 B's eigenvalues."""

    def __init__(self, dim: int = 3) -> None:
        super().__init__(3)
        if dim != 3:
            raise ValueError(f"2 x 2 covariances have 3 coordinates, not {dim}")

    @property
    def point_dim(self):
        return 4

    def project(self, raw):
        """Matrix exponential of the symmetric matrix (a, b; b, c), within what float32 holds."""
        length = torch.linalg.vector_norm(raw, dim=-1, keepdim=True)
        a, b, c = (raw * (LONGEST / length.clamp_min(LONGEST))).unbind(-1)
        symmetric = torch.stack([torch.stack([a, b], -1), torch.stack([b, c], -1)], -2)
        return torch.linalg.matrix_exp(symmetric).flatten(-2)

    def distance(self, x, y):
        # float32 has not the digits for the inverse of one matrix times another.
        dtype = x.dtype
        x, y = torch.broadcast_tensors(x.double(), y.double())
        factor = torch.linalg.cholesky(x.unflatten(-1, (2, 2)))
        left = torch.linalg.solve_triangular(factor, y.unflatten(-1, (2, 2)), upper=False)
        whitened = torch.linalg.solve_triangular(factor, left.mT, upper=False)
        logs = torch.linalg.eigvalsh((whitened + whitened.mT) / 2).clamp_min(1e-30).log()
        return torch.linalg.vector_norm(logs, dim=-1).to(dtype)
