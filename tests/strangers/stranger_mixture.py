"""A Gaussian mixture of scikit-learn as a sampler."""

import numpy as np
import torch
from sklearn.mixture import GaussianMixture

from geoframe import Sampler


class Mixture(Sampler):
    """Gaussians with full covariances, fitted by EM from a fixed seed."""

    def __init__(self, *, components: int = 3) -> None:
        super().__init__()
        self.components = components
        self.weights = self.means = self.factors = None

    @property
    def item_shape(self):
        return self.shape

    def fit(self, data):
        flat = data.flatten(1).double().numpy()
        count = min(self.components, len(flat))
        model = GaussianMixture(count, reg_covar=1e-4, random_state=0).fit(flat)
        self.shape, self.dtype = tuple(data.shape[1:]), data.dtype
        self.weights = torch.from_numpy(model.weights_)
        self.means = torch.from_numpy(model.means_)
        self.factors = torch.from_numpy(np.linalg.cholesky(model.covariances_))
        return self

    def fitted(self):
        return {
            "weights": self.weights,
            "means": self.means,
            "factors": self.factors,
            "like": torch.empty(0, *self.shape, dtype=self.dtype),
        }

    def restore(self, fitted):
        self.weights, self.means, self.factors = (
            fitted[name] for name in ("weights", "means", "factors")
        )
        self.shape, self.dtype = tuple(fitted["like"].shape[1:]), fitted["like"].dtype
        return self

    def sample(self, n, *, generator=None):
        if n == 0:
            return torch.empty(0, *self.shape, dtype=self.dtype)
        which = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.means.shape[1], 1, generator=generator, dtype=torch.float64)
        flat = self.means[which] + (self.factors[which] @ noise).squeeze(-1)
        return flat.reshape(n, *self.shape).to(self.dtype)
