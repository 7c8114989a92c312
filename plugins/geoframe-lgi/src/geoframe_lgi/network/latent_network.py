"""A network whose graphs are drawn by graph modules while it is trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import attrs
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoframe import UsesGraph, capability
from geoframe_lgi.latent.continuous import ContinuousGraphModule
from geoframe_lgi.latent.discrete import DiscreteGraphModule
from geoframe_lgi.latent.edges import DenseEdges, Edges
from geoframe_lgi.latent.sample import Sample
from geoframe_lgi.network.layers import graph_layer

SLOPE = 0.1
"""Slope of LeakyReLU below 0, in the head."""

GraphModule = DiscreteGraphModule | ContinuousGraphModule
MakeModule = Callable[[int, bool], GraphModule]
"""(number of inputs, whether it is the first) -> a graph module."""


@attrs.frozen(kw_only=True, eq=False)
class Pass:
    """One pass through the network."""

    logits: Tensor
    """``(n, outputs)``."""
    samples: Sequence[Sample]
    """What each graph module drew."""

    def log_p(self, rows: Tensor) -> list[Tensor]:
        """Log-probabilities ``(m, k)`` of the drawn edges of some nodes, one of each module."""
        return [each.log_p[rows] for each in self.samples if each.log_p is not None]


class LatentGraphNetwork(nn.Module):
    """x_0 = W X;  x_{l+1} = ReLU(layer_l(dropout(x_l), G_l));  logits = head(x_L).

    The first ``modules`` layers draw a graph G_l from latent points; later layers use the last
    one again. A module reads [latent points so far, detach(x_l)], so the loss of the task never
    reaches it; the first one reads the input features themselves, or detach(x_0).

    Parameters
    ----------
    in_features, outputs
        Numbers of input features and of logits.
    widths
        Widths of x_0, ..., x_L.
    make_module
        Builds the graph module of a layer.
    modules
        Number of graph modules.
    layer
        Name of the graph layer.
    dropout
        Share of features left out before each layer, and of inputs.
    from_features
        Whether the first module reads the input features.
    rebind
        Whether the encoders of later modules see the graph drawn before them (in place of the
        given one).
    """

    def __init__(
        self,
        in_features: int,
        outputs: int,
        widths: Sequence[int],
        make_module: MakeModule,
        *,
        modules: int = 1,
        layer: str = "mean",
        dropout: float = 0.0,
        from_features: bool = True,
        rebind: bool = False,
    ) -> None:
        super().__init__()
        self.from_features = from_features
        self.dropout = dropout
        self.rebind = rebind
        self.first = nn.Linear(in_features, widths[0])
        built: list[GraphModule] = []
        for depth in range(modules):
            width = in_features if depth == 0 and from_features else widths[depth]
            before = built[-1].geometry.point_dim if built else 0
            built.append(make_module(before + width, depth == 0))
        self.graphs = nn.ModuleList(built)
        self.layers = nn.ModuleList(
            graph_layer(layer, wide, narrow) for wide, narrow in pairwise(widths)
        )
        last = widths[-1]
        self.head = nn.Sequential(
            nn.Linear(last, last), nn.LeakyReLU(SLOPE), nn.Linear(last, outputs)
        )

    def graph_modules(self) -> list[GraphModule]:
        """Return the graph modules, first layer first."""
        return list(self.graphs)  # type: ignore[arg-type]

    @torch.no_grad()
    def calibrate(self, features: Tensor, generator: torch.Generator) -> None:
        """Set the temperature of every module to a start that is neither random nor fixed."""
        training = self.training
        self.eval()
        self._run(features, generator, calibrate=True)
        self.train(training)

    def forward(
        self,
        features: Tensor,
        generator: torch.Generator,
        *,
        rows: int | None = None,
        seeds: Sequence[int] = (),
    ) -> Pass:
        """Draw the graphs of features ``(n, in_features)`` and predict every node.

        ``rows`` and ``seeds`` are for rows that come after the training rows; see
        :meth:`~geoframe_lgi.latent.discrete.DiscreteGraphModule.forward`.
        """
        return self._run(features, generator, rows=rows, seeds=seeds)

    def _run(
        self,
        features: Tensor,
        generator: torch.Generator,
        *,
        rows: int | None = None,
        seeds: Sequence[int] = (),
        calibrate: bool = False,
    ) -> Pass:
        x = self.first(functional.dropout(features, self.dropout, self.training))
        samples: list[Sample] = []
        for depth, layer in enumerate(self.layers):
            if depth < len(self.graphs):
                module = self.graph_modules()[depth]
                seen = features if depth == 0 and self.from_features else x.detach()
                inputs = torch.cat([samples[-1].points, seen], dim=1) if samples else seen
                if samples and self.rebind:
                    _bind(module, samples[-1].edges)
                if calibrate:
                    module.calibrate(inputs, generator)
                samples.append(module(inputs, generator, rows=rows, seeds=seeds))
            x = functional.dropout(x, self.dropout, self.training)
            x = functional.relu(layer(x, samples[-1].edges))
        return Pass(logits=self.head(x), samples=samples)


def _bind(module: GraphModule, edges: Edges | DenseEdges) -> None:
    """Let the encoder of a module see the graph that was drawn before it."""
    encoder = capability(module.encoder, UsesGraph)
    if encoder is not None and isinstance(edges, Edges):
        encoder.on_graph(torch.stack([edges.sources, edges.targets], dim=1), None, None)
