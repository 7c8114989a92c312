"""DreamUp3D's model: masks by instance colouring, poses, codes, and fields to draw them with.

The parts follow the paper's description and, where it leaves them open, the published code of its
ancestor ObPose. The frame is that of the camera, turned upright.
"""

from __future__ import annotations

import attrs
import torch
from torch import Tensor, nn

from geoframe_dreamup3d.backbones.channels import network_channels
from geoframe_dreamup3d.backbones.grid_unet import GridUNet
from geoframe_dreamup3d.backbones.kpconv import KPConvUNet
from geoframe_dreamup3d.reconstruction.encoders import (
    ClusterEncoder,
    Posterior,
    PosteriorHead,
    mlp,
)
from geoframe_dreamup3d.reconstruction.fields import (
    ABSENT,
    OUTSIDE,
    ConditionalField,
)
from geoframe_dreamup3d.reconstruction.icsbp import InstanceColouring, Masks
from geoframe_dreamup3d.reconstruction.marked import Marked
from geoframe_dreamup3d.reconstruction.options import ReconstructionConfig
from geoframe_dreamup3d.reconstruction.scenes import Images, exact_product
from geoframe_dreamup3d.table.inputs import CHANNELS

FEATURES = 16
COLOURS = 8
HIDDEN = 32
BELOW = -0.002
"""Metres below the table from which on nothing is occupied."""


@attrs.frozen(eq=False)
class Perception:
    """What the backbone says of an image's points, every second row and column of them."""

    places: Tensor
    """``(b, n, 3)``."""
    colours: Tensor
    """Instance colours ``(b, n, 8)``."""
    features: Tensor
    """``(b, n, 16)``."""
    present: Tensor
    """Probability of belonging to an object ``(b, n)``."""
    scene: Tensor
    """``(b, c)``."""


@attrs.frozen(eq=False)
class Located:
    """Where objects are."""

    visible: Tensor
    """Mean of the visible points ``(b, k, 3)``, without gradient."""
    centre: Tensor
    """Corrected by what was learned of hidden parts ``(b, k, 3)``."""
    where: Posterior


class ReconstructionModel(nn.Module):
    """Everything that is trained.

    Parameters
    ----------
    options
        Sizes.
    """

    def __init__(self, options: ReconstructionConfig) -> None:
        super().__init__()
        self.options = options
        latent = options.latent
        self.backbone: GridUNet | KPConvUNet = (
            GridUNet(CHANNELS, FEATURES, stride=2)
            if options.backbone == "grid"
            else KPConvUNet(FEATURES)
        )
        self.place = nn.Linear(3, FEATURES, bias=False)
        self.colour_head = mlp(FEATURES, HIDDEN, COLOURS)
        self.feature_head = mlp(FEATURES, HIDDEN, FEATURES)
        self.presence_head = mlp(COLOURS, HIDDEN, 2)
        self.colouring = InstanceColouring(options.slots)
        self.where_encoder = ClusterEncoder(FEATURES)
        self.where_head = PosteriorHead(64, 32, latent)
        self.offset = mlp(latent, 256, 3)
        self.what_encoder = ClusterEncoder(FEATURES)
        self.what_head = PosteriorHead(64, 128, latent)
        self.scene_head = PosteriorHead(self.backbone.scene_channels, 128, latent)
        sizes = {
            "width": options.width,
            "layers": options.layers,
            "frequencies": options.frequencies,
            "view_frequencies": options.view_frequencies,
        }
        self.object_field = ConditionalField(latent, **sizes)
        self.background_field = ConditionalField(latent, **sizes)

    def perceive(self, images: Images) -> Perception:
        """Look at images."""
        channels = network_channels(images.points, images.rgb, images.valid)
        features, scene = self.backbone(channels)
        found = features.flatten(2).transpose(1, 2)
        places = images.points[:, ::2, ::2].flatten(1, 2)
        # Masks and what fields say are combined in full precision, whatever networks work in.
        colours = self.colour_head(found + self.place(places)).float()
        present = self.presence_head(colours).float().softmax(-1)[..., 1]
        present = present * images.valid[:, ::2, ::2].flatten(1)
        return Perception(places, colours, self.feature_head(found), present, scene)

    def locate(self, seen: Perception, masks: Tensor) -> Located:
        """Find where objects are from masks ``(b, k, n)``, which get no gradient from it."""
        weights = masks.detach()
        total = weights.sum(-1, keepdim=True) + 1e-8
        visible = exact_product(weights, seen.places) / total
        local = (seen.places.unsqueeze(1) - visible.unsqueeze(2)) / (self.options.box / 2)
        inside = (local.abs() <= 1).all(-1)
        where = self.where_head(self.where_encoder(local, seen.features, weights * inside))
        code = where.draw() if self.training else where.mean
        return Located(visible, visible + self.options.reach * self.offset(code).tanh(), where)

    def encode(
        self, seen: Perception, masks: Tensor, centre: Tensor, rotation: Tensor
    ) -> Posterior:
        """What objects look like, in the frame of their pose.

        Parameters
        ----------
        centre, rotation
            Pose ``(b, k, 3)`` and ``(b, k, 3, 3)``; it gets no gradient.
        """
        local = self.local(seen.places.unsqueeze(1), centre, rotation)
        weights = masks.detach() * (local.abs() <= 1).all(-1)
        posterior: Posterior = self.what_head(self.what_encoder(local, seen.features, weights))
        return posterior

    def encode_scene(self, seen: Perception) -> Posterior:
        """What the background looks like."""
        posterior: Posterior = self.scene_head(seen.scene)
        return posterior

    def local(self, points: Tensor, centre: Tensor, rotation: Tensor) -> Tensor:
        """Points ``(b, 1 or k, n, 3)`` in the frames of boxes, which span [-1, 1]."""
        away = points - centre.detach().unsqueeze(2)
        return exact_product(away, rotation.detach()) / (self.options.box / 2)

    def draw(
        self,
        points: Tensor,
        rays: Tensor,
        codes: Tensor,
        scene: Tensor,
        centre: Tensor,
        rotation: Tensor,
        idle: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Ask background and objects about points ``(b, n, 3)``.

        Returns
        -------
        tuple
            Density logits ``(b, 1 + k, n)`` and colours ``(b, 1 + k, n, 3)``, background first.
        """
        ground, ground_colour = self.background_field(points, scene, rays)
        local = self.local(points.unsqueeze(1), centre, rotation)
        inside = (local.abs() <= 1).all(-1) & ~idle.unsqueeze(-1)
        turned = exact_product(rays.unsqueeze(1), rotation.detach())
        # Boxes are small: most points lie outside of most of them.
        marked = Marked.where(inside)
        found, shades = self.object_field(
            marked.rows(local), codes.flatten(0, 1), marked.rows(turned), marked.owner
        )
        logits = marked.back(found.float(), OUTSIDE).masked_fill(idle.unsqueeze(-1), ABSENT)
        colours = marked.back(shades.float(), 0)
        return (
            torch.cat([ground.float().unsqueeze(1), logits], 1),
            torch.cat([ground_colour.float().unsqueeze(1), colours], 1),
        )

    @torch.no_grad()
    def occupied(
        self,
        images: Images,
        codes: Tensor,
        centre: Tensor,
        rotation: Tensor,
        cells: int,
        *,
        jitter: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Read shapes out of the fields.

        A cell is occupied if tanh(softplus(density)) > 1/2, it lies above the table, and not in
        front of what the camera measured.

        Returns
        -------
        tuple
            Flags ``(b, k, cells^3)``, and the cells' points in the frame ``(b, k, cells^3, 3)``.
        """
        b, k = centre.shape[:2]
        axis = (torch.arange(cells, device=centre.device) + 0.5) * (2 / cells) - 1
        grid = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
        local = grid.expand(b, k, -1, 3)
        if jitter:
            local = local + (torch.rand_like(local) - 0.5) * (2 / cells)
        points = exact_product(local * self.options.box / 2, rotation.transpose(-1, -2))
        points = points + centre.unsqueeze(2)
        solid = (points[..., 2] > BELOW) & ~images.seen_empty(points)
        marked = Marked.where(solid)
        logits = self.object_field.logits(marked.rows(local), codes.flatten(0, 1), marked.owner)
        dense = torch.nn.functional.softplus(logits.float()).tanh() > 0.5
        return marked.back(dense, False), points


def upright(centre: Tensor) -> Tensor:
    """Rotations ``(b, k, 3, 3)`` of boxes that stand as the frame does."""
    eye = torch.eye(3, device=centre.device, dtype=centre.dtype)
    return eye.expand(*centre.shape[:2], 3, 3)


def with_left(masks: Masks) -> Tensor:
    """Background and objects as ``(b, 1 + k, n)``."""
    return torch.cat([masks.background.unsqueeze(1), masks.objects], 1)
