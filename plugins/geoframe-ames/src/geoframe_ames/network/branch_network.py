"""A network with a branch per graph, latent ones and fixed ones, merged by attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoframe_ames.fusion.attention import Attention
from geoframe_lgi.latent.edges import DenseEdges, Edges
from geoframe_lgi.latent.sample import Sample
from geoframe_lgi.network.latent_network import SLOPE, GraphModule
from geoframe_lgi.network.layers import graph_layer


@attrs.frozen(kw_only=True, eq=False)
class BranchPass:
    """One pass through the network."""

    logits: Tensor
    """``(n, outputs)``."""
    graphs: Sequence[Edges | DenseEdges]
    """Graph of each branch."""
    samples: Sequence[Sample | None] = ()
    """What each branch drew; None for a fixed graph."""
    merged: Tensor
    """``(n, d)``, what the head sees."""
    outputs: Sequence[Tensor]
    """What each branch put out before the last merging ``(n, d)``."""
    alpha: Tensor
    """Mean weight of each branch in the last merging ``(K,)``."""


class BranchNetwork(nn.Module):
    """x = W X; per branch s a graph G_s and h_s = ReLU(g_s(x, G_s)); merged, then the head.

    Parameters
    ----------
    in_features, outputs
        Numbers of input features and of logits.
    widths
        Widths of x and after each graph layer.
    names
        Name of every branch.
    modules
        Graph modules of the latent branches; they read the input features.
    fixed
        Edges of the fixed branches, by name.
    make_attention
        Builds the attention for a width.
    blocks
        Whether branches are merged after every layer, or once.
    share
        Whether all branches have the same layers.
    """

    def __init__(
        self,
        in_features: int,
        outputs: int,
        widths: Sequence[int],
        names: Sequence[str],
        modules: dict[str, GraphModule],
        fixed: Mapping[str, Edges],
        make_attention: Callable[[int], Attention],
        *,
        layer: str = "mean",
        dropout: float = 0.0,
        blocks: bool = False,
        share: bool = False,
    ) -> None:
        super().__init__()
        self.names = tuple(names)
        self.dropout = dropout
        self.blocks = blocks
        self.fixed = fixed
        self.first = nn.Linear(in_features, widths[0])
        self.graphs = nn.ModuleDict(modules)
        depth = len(widths) - 1
        stacks = [
            nn.ModuleList(graph_layer(layer, widths[d], widths[d + 1]) for d in range(depth))
            for _ in range(1 if share else len(names))
        ]
        self.stacks = nn.ModuleList(stacks)
        merged = widths[1:] if blocks else widths[-1:]
        self.attentions = nn.ModuleList(make_attention(width) for width in merged)
        last = widths[-1]
        self.head = nn.Sequential(
            nn.Linear(last, last), nn.LeakyReLU(SLOPE), nn.Linear(last, outputs)
        )

    def graph_modules(self) -> dict[str, GraphModule]:
        """Return the graph modules of the latent branches by name."""
        return dict(self.graphs.items())  # type: ignore[arg-type]

    @torch.no_grad()
    def calibrate(self, features: Tensor, generator: torch.Generator) -> None:
        """Set the temperature of each branch by itself, whatever the scale of its distances."""
        for module in self.graph_modules().values():
            module.calibrate(features, generator)

    def forward(
        self,
        features: Tensor,
        generator: torch.Generator,
        *,
        uniform: bool = False,
        on: Tensor | None = None,
        rows: int | None = None,
        seeds: Sequence[int] = (),
        near: Tensor | None = None,
    ) -> BranchPass:
        """Draw each branch's graph with noise of its own, and predict every node.

        Parameters
        ----------
        uniform, on
            See :meth:`~geoframe_ames.fusion.attention.Attention.forward`.
        rows, seeds
            Number of training rows, and the seeds of the rows after them; see
            :meth:`~geoframe_lgi.latent.discrete.DiscreteGraphModule.forward`.
        near
            Sources ``(m, k)`` of those rows in the fixed branches.
        """
        samples = [self._sample(name, features, generator, rows, seeds) for name in self.names]
        graphs = [
            self._with_new(self.fixed[name], near) if sample is None else sample.edges
            for name, sample in zip(self.names, samples, strict=True)
        ]
        return attrs.evolve(self.through(features, graphs, uniform=uniform, on=on), samples=samples)

    def through(
        self,
        features: Tensor,
        graphs: Sequence[Edges | DenseEdges],
        *,
        uniform: bool = False,
        on: Tensor | None = None,
    ) -> BranchPass:
        """Predict every node over given graphs, one of each branch."""
        x = self.first(functional.dropout(features, self.dropout, self.training))
        streams = [x] * len(self.names)
        merged, alpha = x, x.new_zeros(len(self.names))
        for depth in range(len(self._layers(0))):
            streams = [
                self._through(place, depth, stream, graph)
                for place, (stream, graph) in enumerate(zip(streams, graphs, strict=True))
            ]
            outputs = streams
            if self.blocks:
                merged, alpha = self.attentions[depth](torch.stack(streams), uniform=uniform, on=on)
                streams = [merged] * len(self.names)
        if not self.blocks:
            merged, alpha = self.attentions[0](torch.stack(streams), uniform=uniform, on=on)
        return BranchPass(
            logits=self.head(merged),
            graphs=graphs,
            merged=merged,
            outputs=outputs,
            alpha=alpha,
        )

    def _sample(
        self,
        name: str,
        features: Tensor,
        generator: torch.Generator,
        rows: int | None,
        seeds: Sequence[int],
    ) -> Sample | None:
        if name not in self.graphs:
            return None
        sample: Sample = self.graphs[name](features, generator, rows=rows, seeds=seeds)
        return sample

    def _through(self, place: int, depth: int, stream: Tensor, graph: Edges | DenseEdges) -> Tensor:
        layer = self._layers(place)[depth]
        dropped = functional.dropout(stream, self.dropout, self.training)
        return functional.relu(layer(dropped, graph))

    def _layers(self, place: int) -> nn.ModuleList:
        stack = self.stacks[min(place, len(self.stacks) - 1)]
        assert isinstance(stack, nn.ModuleList)
        return stack

    @staticmethod
    def _with_new(edges: Edges, near: Tensor | None) -> Edges:
        """Append rows that see the training rows ``near`` ``(m, k)``, and are seen by none."""
        if near is None:
            return edges
        m, k = near.shape
        targets = edges.nodes + torch.arange(m).repeat_interleave(k)
        return Edges(
            nodes=edges.nodes + m,
            sources=torch.cat([edges.sources, near.reshape(-1)]),
            targets=torch.cat([edges.targets, targets]),
        )
