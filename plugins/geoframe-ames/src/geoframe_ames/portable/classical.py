"""Linear models and forests as modules: encoded features of new rows -> scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geoframe_ames.portable.graphs import Near
from geoframe_lgi.baselines.portable import Arrays, by_estimator
from geoframe_lgi.task import Kind


class Constant(nn.Module):
    """Says the only class that its training rows had."""

    def forward(self, features: Tensor) -> Tensor:
        """All of the probability ``(m, 1)``."""
        return torch.ones_like(features[:, :1])


class Linear(nn.Module):
    """Logistic regression, or ridge for numbers."""

    coefficients: Tensor
    intercept: Tensor

    def __init__(self, arrays: Arrays, kind: Kind) -> None:
        super().__init__()
        self.kind = kind
        self.register_buffer("coefficients", torch.tensor(arrays["coef"]).float())
        self.register_buffer("intercept", torch.tensor(arrays["intercept"]).float())

    def forward(self, features: Tensor) -> Tensor:
        """Probability of each class, or a number ``(m, k)``."""
        logits = features @ self.coefficients.T + self.intercept
        if self.kind == "regression":
            return logits
        if logits.shape[1] == 1:
            return torch.cat([torch.sigmoid(-logits), torch.sigmoid(logits)], dim=1)
        return torch.softmax(logits, dim=1)


class Forest(nn.Module):
    """The nodes of all trees; every row walks down all of them at once."""

    left: Tensor
    right: Tensor
    feature: Tensor
    threshold: Tensor
    value: Tensor
    roots: Tensor

    def __init__(self, arrays: Arrays, kind: Kind) -> None:
        super().__init__()
        for name in ("left", "right", "feature", "roots"):
            self.register_buffer(name, torch.tensor(arrays[name]).long())
        # Thresholds lie between two float32 numbers: they stay as exact as they are.
        self.register_buffer("threshold", torch.tensor(arrays["threshold"]))
        value = torch.tensor(arrays["value"])
        shares = value if kind == "regression" else value / value.sum(dim=1, keepdim=True)
        self.register_buffer("value", shares)
        self.depth = int(arrays["depth"][0])

    def forward(self, features: Tensor) -> Tensor:
        """Mean over trees of the shares of classes, or of numbers ``(m, k)``."""
        place = self.roots.expand(features.shape[0], -1)
        for _ in range(self.depth):  # a leaf is its own child
            below = features.gather(1, self.feature[place]) <= self.threshold[place]
            place = torch.where(below, self.left[place], self.right[place])
        return self.value[place].mean(dim=1)


class PortableClassical(nn.Module):
    """Estimators of one name: one of all classes, or one per label or number.

    Parameters
    ----------
    arrays
        What :mod:`geoframe_lgi.baselines.portable` keeps of them.
    outputs
        Number of classes, labels or numbers.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], kind: Kind, outputs: int) -> None:
        super().__init__()
        own = by_estimator(arrays)
        self.estimators = nn.ModuleList(_estimator(each, kind) for each in own)
        places = [_place(each, kind, outputs) for each in own]
        self.places = nn.ParameterList(nn.Parameter(p, requires_grad=False) for p in places)

    def forward(self, features: Tensor, near: Near) -> Tensor:
        """Scores ``(m, c)``; near rows are not looked at."""
        pairs = zip(self.estimators, self.places, strict=True)
        return torch.cat([each(features) @ place for each, place in pairs], dim=1)


def _estimator(arrays: Arrays, kind: Kind) -> nn.Module:
    if "roots" in arrays:
        return Forest(arrays, kind)
    return Linear(arrays, kind) if "coef" in arrays else Constant()


def _place(arrays: Arrays, kind: Kind, outputs: int) -> Tensor:
    """Where the classes that an estimator knows stand among the outputs ``(k, c)``."""
    if kind == "regression":
        return torch.eye(1)
    classes = torch.from_numpy(arrays["classes"])
    if kind == "multi-label":
        return (classes == 1).float().unsqueeze(1)
    return torch.eye(outputs)[classes]
