"""What the guidance keeps of each view between steps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class ViewMemory(nn.Module):
    """Named tensors of each view, part of the training state so that a resumed run has them.

    Parameters
    ----------
    names
        What is kept; nothing takes no memory.
    rows
        Number of views.
    shape
        Shape of a view's images, as the prior sees them.
    """

    def __init__(self, names: Sequence[str], rows: int, shape: Sequence[int]) -> None:
        super().__init__()
        self.names = tuple(names)
        for name in names:
            self.register_buffer(name, torch.zeros(rows, *shape))
            self.register_buffer(f"{name}_known", torch.zeros(rows, dtype=torch.bool))

    def get(self, name: str, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Which views have it ``(B,)``, and their tensors ``(B, *shape)``."""
        kept, known = self.get_buffer(name), self.get_buffer(f"{name}_known")
        at = rows.to(kept.device)
        return known[at], kept[at]

    def put(self, name: str, rows: Tensor, values: Tensor) -> None:
        """Keep tensors of views."""
        kept, known = self.get_buffer(name), self.get_buffer(f"{name}_known")
        at = rows.to(kept.device)
        if kept.dtype != values.dtype:  # the first values decide the precision
            kept.data = kept.to(values.dtype)
        kept[at] = values.detach().to(kept)
        known[at] = True
