"""The hyperbolic neural network as an embedder."""

from __future__ import annotations

from torch import Tensor, nn

from geoframe.embedder import Embedder
from geoframe.embedders.mlp import MLP
from geoframe_hnn.network.layers import HyperbolicLinear
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
        self.entrance = Hyperboloid(in_features, curvature=curvature, learnable=learnable)
        widths = [in_features, *[hidden] * layers, out_features]
        self.network = nn.ModuleList(
            HyperbolicLinear(
                widths[k],
                Hyperboloid(widths[k + 1], curvature=curvature, learnable=learnable),
                activation=k < layers,
            )
            for k in range(layers + 1)
        )

    def forward(self, items: Tensor) -> Tensor:
        """Feature vectors ``(n, in_features)`` -> tangent vectors ``(n, out_features)``."""
        if not isinstance(self.network, nn.ModuleList):
            tangent: Tensor = self.network(items)
            return tangent
        out = self.entrance.logmap0(self.entrance.project(items))
        for layer in self.network:
            assert isinstance(layer, HyperbolicLinear)
            out = layer.space.logmap0(layer(out))
        return out
