"""Training items with noise, each drawn from a seed of its own: however a stream is cut."""

import hashlib

import torch

from geoframe import Sampler


class Stream(Sampler):
    """A kernel density estimate that streams; it knows its score exactly."""

    def __init__(self, *, bandwidth: float = 0.1) -> None:
        super().__init__()
        self.bandwidth = bandwidth
        self.kept = []

    @property
    def item_shape(self):
        return tuple(self.kept[0].shape[1:])

    def fit(self, data):
        self.kept = [part.clone() for part in data.split(16)]  # as they would come from a disk
        return self

    def fitted(self):
        return {f"part{at:04d}": part for at, part in enumerate(self.kept)}

    def restore(self, fitted):
        self.kept = [fitted[name] for name in sorted(fitted)]
        return self

    def sample(self, n, *, generator=None):
        items = torch.cat(self.kept)
        which = torch.randint(len(items), (n,), generator=generator)
        noise = torch.randn((n, *self.item_shape), generator=generator, dtype=items.dtype)
        return items[which] + self.bandwidth * noise

    def draw(self, n, *, seed, first=0):
        drawn = []
        for place in range(first, first + n):
            digest = hashlib.sha256(f"{seed}/{place}".encode()).digest()
            generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
            drawn.append(self.sample(1, generator=generator))
        return {"items": torch.cat(drawn) if drawn else self.kept[0][:0]}

    def denoise(self, noisy, sigma, condition=None):
        """Mean of the clean items: those near the noisy one, drawn towards it by the kernel."""
        items = torch.cat(self.kept).to(noisy)
        sigma = torch.as_tensor(sigma).to(noisy).expand(len(noisy))
        spread = sigma.square() + self.bandwidth**2
        flat, known = noisy.flatten(1), items.flatten(1)
        apart = torch.cdist(flat, known).square()
        shares = torch.softmax(-apart / (2 * spread[:, None]), dim=-1)
        lean = (self.bandwidth**2 / spread)[:, None]
        return (lean * flat + (1 - lean) * (shares @ known)).view_as(noisy)
