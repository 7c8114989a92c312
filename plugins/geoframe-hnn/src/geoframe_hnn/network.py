"""The hyperbolic neural network as an embedder."""

from __future__ import annotations

from geoframe.embedder import Embedder
from geoframe.embedders.mlp import MLP
from geoframe_spaces.hyperboloid import Hyperboloid
from torch import Tensor, nn

from geoframe_hnn.layers import HyperbolicLinear


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
                in_features, out_features, hidden=hidden, layers=layers, norm=norm,
                activation="relu",
            )
            return
        widths = [in_features, *[hidden] * layers, out_features]
        self.spaces = nn.ModuleList(
            Hyperboloid(width, curvature=curvature, learnable=learnable) for width in widths
        )
        self.network = nn.Sequential(
            *(
                HyperbolicLinear(
                    self.spaces[k], self.spaces[k + 1], activation=k + 2 < len(widths)
                )
                for k in range(len(widths) - 1)
            )
        )

    def forward(self, items: Tensor) -> Tensor:
        """Feature vectors ``(n, in_features)`` -> tangent vectors ``(n, out_features)``."""
        if self.kind == "tangent":
            tangent: Tensor = self.network(items)
            return tangent
        first, last = self.spaces[0], self.spaces[-1]
        points = self.network(first.project(items))  # type: ignore[operator]
        out: Tensor = last.logmap0(points)  # type: ignore[operator]
        return out
