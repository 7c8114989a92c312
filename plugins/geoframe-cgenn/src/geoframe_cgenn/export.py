"""A trained network as a program of ``torch.export``, which runs without geoframe."""

from __future__ import annotations

import io

import torch
from torch import Tensor, nn
from torch.export import Dim

from geoframe_cgenn.models.particles import Particles, particles
from geoframe_cgenn.models.predictor import CliffordPredictor


class _Program(nn.Module):
    """The predictor on plain tensors."""

    def __init__(self, predictor: CliffordPredictor) -> None:
        super().__init__()
        self.predictor = predictor

    def forward(
        self,
        scalars: Tensor,
        vectors: Tensor,
        sizes: Tensor,
        sets: Tensor,
        receivers: Tensor,
        senders: Tensor,
    ) -> Tensor:
        rows = Particles(scalars, vectors, sizes, sets, receivers, senders)
        answers: Tensor = self.predictor(rows)
        return answers


def export_program(predictor: CliffordPredictor) -> bytes:
    """Return a ``.pt2`` file for any numbers of rows, sets and pairs.

    Its inputs are ``scalars (r, s)``, ``vectors (r, v, n)``, ``sizes (g,)``, ``sets (r,)`` (number
    of each row's set) and the ordered pairs within sets, ``receivers (e,)`` and ``senders (e,)``
    (any one pair where the network sends no messages between pairs).
    """
    shape, n = predictor.network.shape, predictor.network.n
    example = particles(
        torch.randn(7, shape.scalars),
        torch.randn(7, shape.vectors, n),
        torch.tensor([3, 4]),
        pairs=True,
    )
    inputs = (
        example.scalars,
        example.vectors,
        example.sizes,
        example.sets,
        example.receivers,
        example.senders,
    )
    rows, sets, pairs = Dim("rows", min=2), Dim("sets", min=1), Dim("pairs", min=1)
    dynamic = ({0: rows}, {0: rows}, {0: sets}, {0: rows}, {0: pairs}, {0: pairs})
    program = torch.export.export(_Program(predictor.eval()), inputs, dynamic_shapes=dynamic)
    content = io.BytesIO()
    torch.export.save(program, content)
    return content.getvalue()
