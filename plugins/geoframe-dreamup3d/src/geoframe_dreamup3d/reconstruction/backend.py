"""The trained model as a way to find objects and to complete their shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geoframe.run.files import write_tensors
from geoframe_dreamup3d.backbones.interpolation import interpolate
from geoframe_dreamup3d.classical.boxes import Box, minimum_volume_box
from geoframe_dreamup3d.classical.clustering import renumbered, spread_labels
from geoframe_dreamup3d.classical.completion import VoxelShape
from geoframe_dreamup3d.exporting import export_network
from geoframe_dreamup3d.objects import SceneObject, complete_all, object_of
from geoframe_dreamup3d.reconstruction.model import (
    Perception,
    ReconstructionModel,
    upright,
    with_left,
)
from geoframe_dreamup3d.reconstruction.scenes import Images, images_of
from geoframe_dreamup3d.table.inputs import NetworkInput, network_input, window_around
from geoframe_dreamup3d.table.view import View

MOST_OBJECTS = 40
"""Objects that are looked for in one image."""
MAYBE = 0.05
"""Probability below which a point is the background's without a closer look."""
EXPORTED = 64
"""Side of the images of the exported network."""
CELLS = 24
"""Cells along a box's side where a whole shape is read out of the field."""
FEWEST = 10
"""Occupied cells of a shape that is believed; of fewer, the carved box is taken."""


class ReconstructionBackend:
    """Masks by instance colouring; shapes carved or read out of the fields.

    Parameters
    ----------
    model
        Trained; it is put into evaluation mode.
    """

    name = "reconstruction"

    def __init__(self, model: ReconstructionModel) -> None:
        self.model = model.eval().cpu()

    @torch.inference_mode()
    def segment(self, view: View) -> NDArray[np.int32]:
        """Label pixels: the background is decided first, then the object with the largest share."""
        if not view.above.any():
            return np.zeros(view.depth.shape, dtype=np.int32)
        seen, window, images = _looked_at(view)
        perceived = self.model.perceive(images)
        masks = self.model.colouring.deterministic(
            perceived.colours, perceived.present, most=MOST_OBJECTS
        )
        part = np.zeros(images.valid.shape[1:], dtype=np.int32)
        asked = _near_objects(perceived, images)
        if masks.objects.shape[1] and asked.any():
            places = images.points[0][torch.from_numpy(asked)][None]
            shares = self._shares(places, perceived, with_left(masks))
            part[asked] = np.where(shares[0] < 0.5, shares[1:].argmax(0) + 1, 0)
        if seen.view.depth.shape == view.depth.shape:
            labels = np.zeros(view.depth.shape, dtype=np.int32)
            labels[window] = part
            return renumbered(labels)
        found = part > 0
        points = seen.view.points[window][found]
        return spread_labels(
            view, points, part[found].astype(np.int64) - 1, within=0.005 + 2 * seen.view.spacing
        )

    def _shares(self, points: Tensor, seen: Perception, masks: Tensor) -> NDArray[np.float32]:
        """Probability of background and objects at points ``(1, m, 3)`` -> ``(1 + k, m)``."""
        attention = interpolate(masks, seen.places, points)
        if self.model.options.labels == "masks":
            return np.asarray(attention[0].numpy())
        objects = masks[:, 1:]
        located = self.model.locate(seen, objects)
        rotation = upright(located.centre)
        what = self.model.encode(seen, objects, located.centre, rotation)
        scene = self.model.encode_scene(seen)
        idle = torch.zeros(objects.shape[:2], dtype=torch.bool)
        logits, _ = self.model.draw(
            points, torch.zeros_like(points), what.mean, scene.mean, located.centre, rotation, idle
        )
        densities = logits[0].softmax(0)
        # Of the background the attention knows more: see the class's options.
        densities = densities[1:] / densities[1:].sum(0).clamp(min=1e-12)
        ground = attention[0, :1]
        return np.asarray(torch.cat([ground, (1 - ground) * densities]).numpy())

    @torch.inference_mode()
    def complete(self, view: View, labels: NDArray[np.int32]) -> Sequence[SceneObject]:
        """Boxes, codes, and whole shapes as ``reconstruction.shapes`` says.

        The pose of the carved shape is the first; the code is read there, and, where shapes come
        from the fields, once more in the pose of the shape that the field drew.
        """
        carved = complete_all(view, labels)
        if not carved:
            return carved
        seen, window, images = _looked_at(view)
        perceived = self.model.perceive(images)
        stride = round(view.depth.shape[1] / seen.view.depth.shape[1])
        thin = labels[stride // 2 :: stride, stride // 2 :: stride]
        thin = thin[: seen.view.depth.shape[0], : seen.view.depth.shape[1]][window]
        own = torch.from_numpy(np.ascontiguousarray(thin[::2, ::2])).flatten()
        numbers = torch.arange(1, len(carved) + 1)
        masks = (own[None] == numbers[:, None]).to(torch.float32)[None]
        centre, rotation = _poses(seen, [each.tight_box for each in carved])
        what = self.model.encode(perceived, masks, centre, rotation)
        coded = [
            attrs.evolve(each, code=code.numpy())
            for each, code in zip(carved, what.mean[0], strict=True)
        ]
        if self.model.options.shapes == "carved":
            return coded
        first = self._read_out(images, seen, what.mean, centre, rotation)
        boxes = [
            each.tight_box if shape is None else minimum_volume_box(shape.centres()[shape.occupied])
            for each, shape in zip(carved, first, strict=True)
        ]
        centre, rotation = _poses(seen, boxes)
        what = self.model.encode(perceived, masks, centre, rotation)
        shapes = self._read_out(images, seen, what.mean, centre, rotation)
        return [
            each
            if shape is None
            else attrs.evolve(object_of(view, labels, each.label, shape), code=each.code)
            for each, shape in zip(coded, shapes, strict=True)
        ]

    def _read_out(
        self,
        images: Images,
        seen: NetworkInput,
        codes: Tensor,
        centre: Tensor,
        rotation: Tensor,
    ) -> list[VoxelShape | None]:
        """Shapes that the field draws, in the table's frame; None where there is nearly nothing."""
        solid, _ = self.model.occupied(images, codes, centre, rotation, CELLS)
        back = np.linalg.inv(seen.turn)[:3, :3]
        shapes: list[VoxelShape | None] = []
        for k, flags in enumerate(solid[0].numpy()):
            box = Box(
                seen.back(centre[0, k].numpy()),
                np.asarray(back @ rotation[0, k].numpy(), dtype=np.float64),
                np.full(3, self.model.options.box),
            )
            enough = flags.sum() > FEWEST
            shapes.append(VoxelShape(flags.reshape([CELLS] * 3), box) if enough else None)
        return shapes

    def state(self) -> Mapping[str, Tensor]:
        """Weights of the model."""
        state: Mapping[str, Tensor] = self.model.state_dict()
        return state

    def export(self, folder: Path) -> Sequence[Path]:
        """Write all weights, and what masks are grown from as torch.export and ONNX.

        The network takes images of 64 pixels and gives instance colours and the probability of an
        object at every second row and column. The loop over objects has no fixed length and stays
        outside; so do fields, which a controller does not need.
        """
        path = folder / "reconstruction.safetensors"
        write_tensors(path, self.state())
        if self.model.options.backbone != "grid":  # neighbours are searched for cloud by cloud
            return [path]
        n = EXPORTED
        example = (torch.zeros(1, n, n, 3), torch.zeros(1, n, n, 3), torch.ones(1, n, n))
        names = ("points", "rgb", "valid"), ("colours", "present")
        written = export_network(
            Perceiver(self.model).eval(), example, folder / "reconstruction", names
        )
        return [path, *written]


class Perceiver(nn.Module):
    """The part of the model that masks are grown from."""

    def __init__(self, model: ReconstructionModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, points: Tensor, rgb: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Images, as those of the voting network -> colours ``(b, n, 8)``, presence ``(b, n)``."""
        nowhere = torch.zeros(1, 4, 4)
        seen = self.model.perceive(Images(points, rgb, valid, nowhere, nowhere[:, 0]))
        return seen.colours, seen.present


def _near_objects(seen: Perception, images: Images) -> NDArray[np.bool_]:
    """Pixels ``(h, w)`` with depth, and with a point that may be an object's among the nearest."""
    h, w = images.valid.shape[1:]
    present = seen.present.reshape(1, 1, -(-h // 2), -(-w // 2))
    around = torch.nn.functional.max_pool2d(present, 3, stride=1, padding=1)[0, 0] > MAYBE
    pixels = around.repeat_interleave(2, 0).repeat_interleave(2, 1)[:h, :w]
    return np.asarray((pixels & (images.valid[0] > 0)).numpy())


def _looked_at(view: View) -> tuple[NetworkInput, tuple[slice, slice], Images]:
    seen = network_input(view)
    window = window_around(seen.view.above)
    return seen, window, images_of(seen, window)


def _poses(seen: NetworkInput, boxes: Sequence[Box]) -> tuple[Tensor, Tensor]:
    """Poses of boxes, in the turned frame, as ``(1, k, 3)`` and ``(1, k, 3, 3)``."""
    turn = seen.turn[:3, :3]
    centres = [turn @ box.centre + seen.turn[:3, 3] for box in boxes]
    rotations = [turn @ box.rotation for box in boxes]
    return (
        torch.from_numpy(np.stack(centres).astype(np.float32))[None],
        torch.from_numpy(np.stack(rotations).astype(np.float32))[None],
    )
