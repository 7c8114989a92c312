"""``pairwise`` stays within its memory budget."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from geoframe_spaces.desitter import DeSitter
from geoframe_spaces.euclidean import Euclidean
from geoframe_spaces.hyperboloid import Hyperboloid
from geoframe_spaces.minkowski import Minkowski
from geoframe_spaces.poincare import PoincareBall
from geoframe_spaces.product import Product
from geoframe_spaces.sphere import Sphere
from geoframe_spaces.stereographic import Stereographic

N, BUDGET = 500, 200_000


class Alive(TorchDispatchMode):
    """Peak bytes of the tensors that are alive at a time."""

    def __init__(self):
        super().__init__()
        self.storages = {}
        self.peak = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for tensor in tree_flatten(result)[0]:
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                self.storages[storage._cdata] = (
                    torch.multiprocessing.reductions.StorageWeakRef(storage),
                    storage.nbytes(),
                )
        alive = [(key, size) for key, (ref, size) in self.storages.items() if not ref.expired()]
        self.storages = {key: self.storages[key] for key, _ in alive}
        self.peak = max(self.peak, sum(size for _, size in alive))
        return result


@pytest.mark.parametrize(
    "space",
    [
        Euclidean(2),
        Hyperboloid(2),
        PoincareBall(2),
        Sphere(2),
        Stereographic(2, learnable=False),
        Product(factors=(Hyperboloid(2), Sphere(2), Euclidean(2))),
        Minkowski(3, root=True),
        DeSitter(3, root=True),
    ],
    ids=lambda space: type(space).__name__,
)
def test_pairwise_stays_within_its_budget(space):
    points = space.project(torch.randn(N, space.dim))
    with torch.no_grad(), Alive() as alive:
        result = space.pairwise(points, points, memory_budget=BUDGET)
    # The blocks and the matrix that they are put into are alive together at the end.
    linear = 20 * points.nbytes
    assert alive.peak <= 2 * result.nbytes + BUDGET + linear
    assert result.shape == (N, N)
