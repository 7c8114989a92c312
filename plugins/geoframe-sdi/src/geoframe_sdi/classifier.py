"""A small classifier of the training images: accuracy, and features to measure distances in."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

STEPS = 300
BATCH = 128
FEATURES = 64


class SmallClassifier(nn.Module):
    """Two convolutions, a hidden layer of features, and classes."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, padding=1, stride=2),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(64 * 16, FEATURES),
            nn.ReLU(),
        )
        self.head = nn.Linear(FEATURES, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Images -> logits ``(n, classes)``."""
        logits: Tensor = self.head(self.body(images))
        return logits

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """Images -> features ``(n, 64)``."""
        found: Tensor = self.body(images.float())
        return found

    @torch.no_grad()
    def accuracy(self, images: Tensor, labels: Tensor) -> float:
        """Share of images that are recognised as their label."""
        return float((self(images.float()).argmax(1) == labels).double().mean())


def train_classifier(images: Tensor, labels: Tensor, seed: int) -> SmallClassifier:
    """Train on images ``(n, c, h, w)`` with labels ``(n,)``; a few seconds."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = SmallClassifier(images.shape[1], int(labels.max()) + 1)
        optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
        for _ in range(STEPS):
            rows = torch.randint(len(images), (min(BATCH, len(images)),))
            loss = functional.cross_entropy(model(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.eval()
