"""The hyperbolic neural network as an embedder."""

from __future__ import annotations

from torch import Tensor, nn

from geoframe.embedder import Embedder
from geoframe.embedders.mlp import MLP
from geoframe_hnn.layers import HyperbolicLinear
from geoframe_spaces.hyperboloid import Hyperboloid


class HyperbolicNetwork(Embedder):
    """Node features to tangent vectors at the origin, which a hyperbolic geometry maps to points.

    ``kind = "tangent"`` is a ReLU network; followed by the exponential map it is the network of
    the theorem, since without hyperbolic biases the logarithm that begins a layer undoes the
    exponential map that ends the one before. ``kind = "layers"`` is the general form: features
    enter by the exponential map, every layer has its own curvature and a hyperbolic bias, and
    the logarithm of the last points is the output.

    Parameters
    ----------
    in_features, out_features
        Numbers of features and of tangent coordinates.
    kind, hidden, layers, norm, curvature, learnable
        See :class:`~geoframe_hnn.space_config.HyperbolicNetworkConfig`.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        kind: str = "tangent",
        hidden: int = 128,
        layers: int = 4,
        norm: str = "layer",
        curvature: float = -1.0,
        learnable: bool = True,
    ) -> None:
        super().__init__(in_features, out_features)
        self.kind = kind
        if kind == "tangent":
            self.network: nn.Module = MLP(
                in_features,
                out_features,
                hidden=hidden,
                layers=layers,
                norm=norm,
                activation="relu",
            )
            return
        widths = [in_features, *[hidden] * layers, out_features]
        spaces = [Hyperboloid(width, curvature=curvature, learnable=learnable) for width in widths]
        self.first, self.last = spaces[0], spaces[-1]
        self.network = nn.Sequential(
            *(
                HyperbolicLinear(spaces[k], spaces[k + 1], activation=k + 2 < len(spaces))
                for k in range(len(spaces) - 1)
            )
        )

    def forward(self, items: Tensor) -> Tensor:
        """Feature vectors ``(n, in_features)`` -> tangent vectors ``(n, out_features)``."""
        if self.kind == "tangent":
            tangent: Tensor = self.network(items)
            return tangent
        return self.last.logmap0(self.network(self.first.project(items)))
