"""The geometry."""

from torch import Tensor

from geoframe import Geometry, Promise


class Ice(Geometry):
    """Straight lines over the ice."""

    def __init__(self, *, dim: int = 2, scale: float = 1.0) -> None:
        super().__init__(dim)
        self.scale = scale

    @property
    def promise(self) -> Promise:
        return Promise(symmetric=True, relaxation=1.0)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        return self.scale * (x - y).abs().amax(dim=-1)
