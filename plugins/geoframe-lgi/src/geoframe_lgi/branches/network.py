"""Several members of one fixed branch as one network: trained together, each on its own rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoframe_lgi.branches.sparse import SparseMatrix

View = Callable[[Tensor, float], Tensor]
"""Weights ``(f, d)`` and the share of entries left out -> X W ``(n, d)``: a fixed matrix, say."""

HIDDEN = 32
"""Units of the hidden layer."""
LABEL_DROPOUT = 0.25
"""Share of training steps and rows in which a row does not see its neighbours' labels."""

FEW_FEATURES, DROPOUT_FEW, DROPOUT_MANY = 200, 0.2, 0.5


def usual_dropout(features: int) -> float:
    """Share of features left out in training: less where there are few of them."""
    return DROPOUT_FEW if features <= FEW_FEATURES else DROPOUT_MANY


class StackedBranch(nn.Module):
    """Members m with logits [Q h_m for Q of hidden] V_m, h_m = ReLU([X, Y_m] W_m + b_m).

    Parameters
    ----------
    features
        Width of the views X of the features, side by side.
    outputs
        Number of logits.
    members
        Number of members.
    around
        Number of propagations of the hidden values, side by side.
    labels
        Width of what a row sees of its neighbours' labels; 0 for nothing.
    dropout
        Share of features and hidden values left out in training.
    """

    def __init__(
        self,
        features: int,
        outputs: int,
        members: int,
        *,
        around: int = 1,
        labels: int = 0,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.members = members
        self.outputs = outputs
        self.dropout = dropout
        width = members * HIDDEN
        bound = math.sqrt(6 / (features + labels + HIDDEN))
        # Members stand side by side, so that one product serves them all.
        self.inner = nn.Parameter(torch.empty(features, width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(width))
        self.label_weights = (
            nn.Parameter(torch.empty(members, labels, HIDDEN).uniform_(-bound, bound))
            if labels
            else None
        )
        bound = math.sqrt(6 / (around * HIDDEN + outputs))
        outer = torch.empty(members, around * HIDDEN, outputs).uniform_(-bound, bound)
        self.outer = nn.Parameter(outer)
        self.outer_bias = nn.Parameter(torch.zeros(members, 1, outputs))

    def forward(
        self,
        views: View,
        hidden: Sequence[SparseMatrix | None],
        labels: Tensor | None = None,
    ) -> Tensor:
        """Logits ``(members, n, outputs)``.

        Parameters
        ----------
        views
            Views of the features ``(n, features)``, as their product with weights.
        hidden
            Propagations of hidden values; None is the identity.
        labels
            What every member sees of the labels around each row ``(members, n, labels)``.
        """
        return self.outer_layer(self.inner_layer(views, labels), hidden)

    def inner_layer(self, views: View, labels: Tensor | None) -> Tensor:
        """Hidden values ``(n, members * HIDDEN)``."""
        inner = views(self.inner, self.dropout if self.training else 0.0) + self.bias
        if self.label_weights is not None and labels is not None:
            if self.training:
                seen = torch.rand(*labels.shape[:2], 1, device=labels.device) >= LABEL_DROPOUT
                labels = labels * seen
            from_labels = torch.bmm(labels, self.label_weights)
            inner = inner + from_labels.permute(1, 0, 2).reshape(inner.shape)
        return functional.dropout(functional.relu(inner), self.dropout, self.training)

    def outer_layer(self, inner: Tensor, hidden: Sequence[SparseMatrix | None]) -> Tensor:
        """Logits ``(members, n, outputs)`` of hidden values."""
        n = inner.shape[0]
        around = [inner if each is None else each(inner) for each in hidden]
        return self.read_out([part.view(n, self.members, HIDDEN) for part in around])

    def read_out(self, around: Sequence[Tensor]) -> Tensor:
        """Logits of propagated hidden values, each ``(n, members, HIDDEN)``."""
        stacked = torch.cat([*around], dim=2).transpose(0, 1)
        return torch.baddbmm(self.outer_bias, stacked, self.outer)

    def part(self, name: str, values: Tensor, member: int) -> Tensor:
        """View of one member's share of a parameter of this name, or of a tensor like it."""
        if name in ("inner", "bias"):
            return values[..., member * HIDDEN : (member + 1) * HIDDEN]
        return values[member]
