"""What the model is trained to: colour and depth of the image, and nothing else, in the end."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from geoframe import Objective
from geoframe_dreamup3d.backbones.interpolation import interpolate
from geoframe_dreamup3d.reconstruction.fields import DENSITY, compose
from geoframe_dreamup3d.reconstruction.icsbp import Masks
from geoframe_dreamup3d.reconstruction.model import (
    Located,
    Perception,
    ReconstructionModel,
    upright,
    with_left,
)
from geoframe_dreamup3d.reconstruction.orientation import orientations
from geoframe_dreamup3d.reconstruction.samples import ImageSamples
from geoframe_dreamup3d.reconstruction.scenes import RaySamples, draw_rays

COLOUR_DEVIATION = 0.1
"""Standard deviation of colours around the drawn ones."""
FEWEST = 10
"""Cells that a shape must have for its centre to be learned from."""
TINY = 1e-6


class ReconstructionObjective(Objective):
    """Negative log-likelihood of colour and surface, emptiness of the air, divergences of codes.

    The masks learn from the fields and not the fields from the masks: in the attention's loss
    the fields get no gradient, and masks act on them through masked features and boxes only. All
    is divided by the number of pixels, which leaves the ratios of the paper's sums as they are.

    Parameters
    ----------
    model
        What is trained.
    samples
        Images, and the teacher's labels if there is one; they are no part of the state.
    """

    def __init__(self, model: ReconstructionModel, samples: ImageSamples) -> None:
        super().__init__()
        self.model = model
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Loss on the images ``items``, per pixel, with its parts."""
        options = self.model.options
        images, labels = self.samples.batch(items.cpu(), options.window)
        images, labels = images.to(items.device), labels.to(items.device)
        seen = self.model.perceive(images)
        masks = self.model.colouring(seen.colours, seen.present)
        located = self.model.locate(seen, masks.objects)
        rotation = upright(located.centre)
        if options.rotations:
            rotation = orientations(seen.places, masks.objects, options.rotations)
        what = self.model.encode(seen, masks.objects, located.centre, rotation)
        scene = self.model.encode_scene(seen)
        codes, ground = what.draw(), scene.draw()
        rays = draw_rays(images, options.rays)
        points = torch.cat([rays.surface, rays.air], 1)
        logits, colours = self.model.draw(
            points,
            rays.rays.repeat(1, 2, 1),
            codes,
            ground,
            located.centre,
            rotation,
            masks.idle,
        )
        m = rays.pixels.shape[1]
        active = (~masks.idle).to(logits.dtype)
        parts = surface_and_air(rays, logits, colours[:, :, :m])
        parts["attention"] = attention(seen, masks, rays, logits[..., :m], colours[:, :, :m])
        divergence = (active * what.divergence()).sum(1) + scene.divergence()
        divergence = divergence + options.where_kl * (active * located.where.divergence()).sum(1)
        parts["divergence"] = divergence
        solid, cells = self.model.occupied(
            images, codes.detach(), located.centre.detach(), rotation, options.voxels, jitter=True
        )
        parts["location"] = options.locate_weight * _location(located, solid, cells, active)
        pixels = images.valid[0].numel()
        means = {name: part.mean() / pixels for name, part in parts.items()}
        taught = self._taught(seen, masks, labels)
        loss = torch.stack([*means.values()]).sum() + taught
        shown = {name: value.detach() for name, value in means.items()}
        return {"loss": loss, **shown, "teacher": taught.detach(), "idle": 1 - active.mean()}

    def _taught(self, seen: Perception, masks: Masks, labels: Tensor | None) -> Tensor:
        """Loss against the teacher's labels, falling to nothing as training goes on."""
        share = self.model.options.teacher_share
        if labels is None or share == 0 or self.model.options.teacher == "none":
            return seen.present.new_zeros(())
        left = max(0.0, 1 - self.require_progress() / share)
        if left == 0:
            return seen.present.new_zeros(())
        return self.model.options.teacher_weight * left * teacher(seen, masks, labels)


def surface_and_air(rays: RaySamples, logits: Tensor, colours: Tensor) -> dict[str, Tensor]:
    """Colour, surface and air losses of each image ``(b,)``: sums over all pixels, estimated.

    Parameters
    ----------
    logits
        ``(b, 1 + k, 2 m)``: at the surface, then in the air.
    colours
        At the surface ``(b, 1 + k, m, 3)``.
    """
    m = rays.pixels.shape[1]
    at_surface, in_air = compose(logits[..., :m]), compose(logits[..., m:])
    mixture = at_surface.log_share.unsqueeze(-1) + _log_normal(rays.rgb.unsqueeze(1), colours)
    surface = -(math.log(DENSITY) + at_surface.log_share.logsumexp(1)).sum(-1)
    return {
        "colour": -rays.scale * mixture.logsumexp(1).sum((1, 2)),
        "surface": rays.scale * surface,
        "air": rays.scale * (DENSITY * in_air.occupancy * rays.weight).sum(-1),
    }


def attention(
    seen: Perception, masks: Masks, rays: RaySamples, logits: Tensor, colours: Tensor
) -> Tensor:
    """Loss that makes the masks follow the fields ``(b,)``; the fields get no gradient."""
    shares = interpolate(with_left(masks), seen.places, rays.surface).clamp(min=TINY).log()
    told = compose(logits.detach()).log_share
    coloured = told.unsqueeze(-1) + _log_normal(rays.rgb.unsqueeze(1), colours.detach())
    agreed = (shares.unsqueeze(-1) + coloured).logsumexp(1).sum((1, 2))
    agreed = agreed + (shares + told).logsumexp(1).sum(-1)
    # As many pixels as points, so that what is left counts like the rest of the image.
    return -rays.scale * agreed + masks.left.sum(-1)


def teacher(seen: Perception, masks: Masks, labels: Tensor) -> Tensor:
    """Cross-entropy of presence, and of each kernel with the label of its own seed, a scalar.

    Slots have no order and seeds are drawn, so a mask's target is the object that its seed is of.
    """
    inside = labels > 0
    presence = functional.binary_cross_entropy(
        seen.present.clamp(TINY, 1 - TINY), inside.to(seen.present.dtype)
    )
    own = labels.gather(1, masks.seeds)
    same = labels.unsqueeze(1) == own.unsqueeze(-1)
    weight = (inside.unsqueeze(1) & (own > 0).unsqueeze(-1)).to(seen.present.dtype)
    alike = functional.binary_cross_entropy(
        masks.kernels.clamp(TINY, 1 - TINY), same.to(seen.present.dtype), reduction="none"
    )
    return presence + (alike * weight).sum() / weight.sum().clamp(min=1)


def _log_normal(values: Tensor, means: Tensor) -> Tensor:
    """Log-density of values around means with the colours' deviation, elementwise."""
    off = (values - means) / COLOUR_DEVIATION
    return -0.5 * off.square() - math.log(COLOUR_DEVIATION * math.sqrt(2 * math.pi))


def _location(located: Located, solid: Tensor, cells: Tensor, active: Tensor) -> Tensor:
    """Squared distance from the middle of the drawn shape ``(b,)``; the shape gets no gradient.

    The middle is that of the 1st and 99th percentile of the cells, so that no single cell moves
    it.
    """
    marked = torch.where(solid.unsqueeze(-1), cells, torch.nan)
    quantiles = torch.tensor([0.01, 0.99], device=cells.device, dtype=cells.dtype)
    low, high = marked.nanquantile(quantiles, dim=2)
    enough = (solid.sum(-1) > FEWEST) & (active > 0)
    target = torch.where(enough.unsqueeze(-1), (low + high) / 2, located.centre.detach())
    return ((located.centre - target).square().sum(-1) * enough).sum(1)
