"""What the training of independent experts needs, as plain arrays that can travel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

import attrs
import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe_pathways.experts.shape import ExpertShape

Loss = Literal["squared", "cross-entropy"]


@attrs.frozen(kw_only=True, eq=False)
class ExpertTask:
    """Rows, who trains on which of them, and the shape of what is trained.

    Expert ``l`` trains on the rows ``members[offsets[l]:offsets[l + 1]]``. Everything random in
    its training is a function of ``seed`` and ``l``, so that it does not matter where it happens.
    """

    shape: ExpertShape
    loss: Loss
    seed: int
    inputs: Tensor
    """Float32 ``(n, shape.inputs)``."""
    targets: Tensor
    """Float32 ``(n, shape.outputs)``, or int64 classes ``(n,)`` for cross-entropy."""
    members: Tensor
    """Int64 row indices, cell after cell."""
    offsets: Tensor
    """Int64 ``(experts + 1,)``."""
    centres: Tensor
    """Float32 ``(experts, shape.inputs)``."""
    inverse_scales: Tensor
    """Float32 ``(experts,)``."""

    @property
    def experts(self) -> int:
        """Number of experts."""
        return len(self.offsets) - 1

    def rows_of(self, expert: int) -> NDArray[np.int64]:
        """Row indices that an expert trains on."""
        start, stop = self.offsets[expert : expert + 2].tolist()
        found: NDArray[np.int64] = self.members[start:stop].numpy()
        return found

    def localise(self, x: Tensor, experts: Tensor | slice) -> Tensor:
        """Centre and scale inputs ``(e, b, inputs)`` by the cells of ``e`` experts."""
        centres = self.centres[experts].unsqueeze(1)
        return (x - centres) * self.inverse_scales[experts].view(-1, 1, 1)

    def batches(self, expert: int, first: int, steps: int, size: int) -> NDArray[np.int64]:
        """Row indices ``(steps, size)`` of an expert's batches from step ``first`` on.

        The batches cut an endless stream into pieces; it consists of one random permutation of
        the expert's rows after another, so every row comes equally often.
        """
        rows = self.rows_of(expert)
        begin, end = first * size, (first + steps) * size
        passes = range(begin // len(rows), (end - 1) // len(rows) + 1)
        stream = np.concatenate([self._permutation(expert, each, len(rows)) for each in passes])
        skip = begin - passes.start * len(rows)
        drawn: NDArray[np.int64] = rows[stream[skip : skip + end - begin]]
        return drawn.reshape(steps, size)

    def _permutation(self, expert: int, number: int, length: int) -> NDArray[np.int64]:
        # Counter 0 belongs to the expert's initial parameters.
        bits = np.random.Philox(key=[self.seed, expert], counter=[0, number + 1, 0, 0])
        order: NDArray[np.int64] = np.random.Generator(bits).permutation(length)
        return order

    def to_bytes(self) -> bytes:
        """Write the task as a safetensors image."""
        tensors = {name: getattr(self, name) for name in TENSORS}
        metadata = {"shape": attrs.asdict(self.shape), "loss": self.loss, "seed": self.seed}
        return tensors_to_bytes(tensors, metadata)

    @classmethod
    def from_bytes(cls, image: bytes) -> ExpertTask:
        """Read what :meth:`to_bytes` wrote."""
        tensors, metadata = tensors_from_bytes(image)
        shape = ExpertShape(**metadata.pop("shape"))  # type: ignore[arg-type]
        return cls(shape=shape, **metadata, **tensors)  # type: ignore[arg-type]


TENSORS = ("inputs", "targets", "members", "offsets", "centres", "inverse_scales")


def tensors_to_bytes(tensors: Mapping[str, Tensor], metadata: Mapping[str, object]) -> bytes:
    """Write tensors and JSON values as one safetensors image."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    image: bytes = safetensors.torch.save(plain, {"metadata": json.dumps(metadata)})
    return image


def tensors_from_bytes(image: bytes) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Read what :func:`tensors_to_bytes` wrote; nothing is unpickled."""
    header = json.loads(image[8 : 8 + int.from_bytes(image[:8], "little")])
    return safetensors.torch.load(image), json.loads(header["__metadata__"]["metadata"])


def make_task(
    *,
    shape: ExpertShape,
    loss: Loss,
    seed: int,
    inputs: NDArray[np.float32],
    targets: NDArray[np.float32] | NDArray[np.int64],
    members: list[NDArray[np.int64]],
    centred: bool = True,
) -> ExpertTask:
    """Put a task together, with each cell's centre and scale.

    A cell's centre is the mean of its rows; its scale is their mean distance from it divided by
    sqrt(inputs), so that centred and scaled coordinates are of unit size.

    Parameters
    ----------
    members
        Row indices of each cell; none may be empty.
    centred
        False leaves inputs as they are (what that costs is measured in the benchmarks).
    """
    width = inputs.shape[1]
    centres = np.zeros((len(members), width), dtype=np.float32)
    scales = np.ones(len(members), dtype=np.float32)
    for cell, rows in enumerate(members if centred else []):
        points = inputs[rows].astype(np.float64)
        centres[cell] = points.mean(axis=0)
        distance = np.linalg.norm(points - points.mean(axis=0), axis=1).mean()
        scales[cell] = max(distance / np.sqrt(width), 1e-6)  # one row, or equal rows
    lengths = [len(rows) for rows in members]
    return ExpertTask(
        shape=shape,
        loss=loss,
        seed=seed,
        inputs=torch.from_numpy(np.ascontiguousarray(inputs)),
        targets=torch.from_numpy(np.ascontiguousarray(targets)),
        members=torch.from_numpy(np.concatenate(members).astype(np.int64)),
        offsets=torch.from_numpy(np.cumsum([0, *lengths], dtype=np.int64)),
        centres=torch.from_numpy(centres),
        inverse_scales=torch.from_numpy(1.0 / scales),
    )
