"""What the trainer minimises: the guidance's loss of renders, and terms on the geometry."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.optim import Adam, Optimizer

from geoframe import Embedder, Objective, RunError
from geoframe.capabilities import capability
from geoframe_diffusion.guidance import Others
from geoframe_sdi.config import RegulariserConfig
from geoframe_sdi.divergence import signs_of_divergence
from geoframe_sdi.guidance.loss import ScoreDistillation
from geoframe_sdi.scenes.base import FollowsProgress, HasNormals, Regularised

SPARSE_UNTIL = 0.3
"""Share of the training over which sparsity fades: 3000 of the paper's 10 000 steps."""
CONVEX_UNTIL = 0.4


def in_turn(items: Tensor, visits: int, active: int, every: int, cameras: int) -> Tensor:
    """Cameras whose turn it is, in the places ``items % active`` of the active ones.

    A place hands over to the next camera after about ``every`` visits, each place at a time of its
    own, so that cameras come again while something of them is kept.

    Parameters
    ----------
    items
        Numbers ``(b,)``, evenly drawn.
    visits
        Views rendered so far.
    cameras
        Number of them all.
    """
    place = items % active
    return (place + active * ((visits // every + place) // active)) % cameras


class DistillationObjective(Objective):
    """Renders views of the scene and asks the guidance where they should go.

    Parameters
    ----------
    scene
        The embedder that trains.
    guidance
        The loss.
    cameras
        Rows ``(n, k)``: the items.
    conditions
        ``(n, ...)``, or None.
    others
        Conditions of other views for Perp-Neg, or None.
    shape
        Channels, height and width of a render.
    weights
        Of the terms on the geometry.
    active
        Cameras in use at a time, so that each comes again while its target is kept; 0: all.
    stop
        Whether to end at the first sign of divergence.
    """

    cameras: Tensor
    conditions: Tensor | None
    apart: Tensor | None
    apart_weights: Tensor | None
    visits: Tensor
    """Views rendered so far."""

    def __init__(
        self,
        scene: Embedder,
        guidance: ScoreDistillation,
        cameras: Tensor,
        conditions: Tensor | None,
        *,
        others: Others | None = None,
        shape: tuple[int, int, int],
        weights: RegulariserConfig,
        active: int = 0,
        stop: bool = False,
    ) -> None:
        super().__init__()
        self.scene, self.guidance, self.shape = scene, guidance, shape
        self.weights, self.active, self.stop = weights, active, stop
        self.register_buffer("visits", torch.zeros((), dtype=torch.long))
        self.register_buffer("cameras", cameras, persistent=False)
        self.register_buffer("conditions", conditions, persistent=False)
        self.register_buffer("apart", others.conditions if others else None, persistent=False)
        self.register_buffer("apart_weights", others.weights if others else None, persistent=False)
        self.follows = capability(scene, FollowsProgress)
        self.signs: set[str] = set()

    def __len__(self) -> int:
        return len(self.cameras)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Distil the views ``items`` ``(b,)``."""
        progress = self.require_progress()
        if 0 < self.active < len(self.cameras):
            places, every = items, self.guidance.config.refresh_every
            items = in_turn(places, int(self.visits), self.active, every, len(self.cameras))
            self.visits += len(items)
        if self.follows is not None:
            self.follows.at_progress(progress)
        images = self.scene(self.cameras[items]).reshape(-1, *self.shape)
        condition = None if self.conditions is None else self.conditions[items]
        loss = self.guidance(
            images,
            progress,
            condition,
            others=self.others(items),
            views=items,
            cameras=self.cameras[items],
        )
        values = self._watched(images.detach())
        terms = self._terms(progress)
        total = loss + sum(terms.values()) if terms else loss
        return {"loss": total, **values, **{name: term.detach() for name, term in terms.items()}}

    def optimizer(self, learning_rate: float, weight_decay: float) -> Optimizer | None:
        """VSD's network learns at a rate of its own; else the trainer's optimizer serves."""
        particles = self.guidance.particles
        if particles is None:
            return None
        groups = [
            {"params": list(self.scene.parameters()), "lr": learning_rate},
            {
                "params": [each for each in particles.parameters() if each.requires_grad],
                "lr": self.guidance.config.particle_rate,
            },
        ]
        return Adam(groups, weight_decay=weight_decay)

    def others(self, items: Tensor) -> Others | None:
        """Conditions of other views than ``items`` ``(b,)``, for Perp-Neg."""
        if self.apart is None or self.apart_weights is None:
            return None
        return Others(self.apart[items], self.apart_weights[items])

    def _terms(self, progress: float) -> dict[str, Tensor]:
        shares = {
            "sparsity": self.weights.sparsity * max(0.0, 1 - progress / SPARSE_UNTIL),
            "opaque": self.weights.opaque,
            "z_variance": self.weights.z_variance,
            "convexity": self.weights.convexity * max(0.1, 1 - 0.9 * progress / CONVEX_UNTIL),
        }
        shares = {name: share for name, share in shares.items() if share}
        terms = self._orientation()
        if not shares:
            return terms
        known = capability(self.scene, Regularised)
        if known is None:
            raise RunError(
                f"regularisers: {type(self.scene).__name__} knows no geometry; leave them out"
            )
        found = known.geometry_terms()
        return terms | {name: share * found[name] for name, share in shares.items()}

    def _orientation(self) -> dict[str, Tensor]:
        if not self.weights.orientation:
            return {}
        known = capability(self.scene, HasNormals)
        if known is None:
            raise RunError(
                f"regularisers.orientation: {type(self.scene).__name__} knows no normals; leave "
                "it out"
            )
        return {"orientation": self.weights.orientation * known.orientation_term()}

    def _watched(self, images: Tensor) -> dict[str, Tensor]:
        known = capability(self.scene, Regularised)
        seen = getattr(known, "seen", None)
        opacity = None if seen is None else float(seen.opacity.detach().mean())
        values = {
            "sigma": self.guidance.last["sigma"],
            "noise_std": self.guidance.last["noise_std"],
            "saturated": float((images.abs() > 0.98).float().mean()),
            "calls": float(self.guidance.calls),
        }
        if opacity is not None:
            values["opacity"] = opacity
        new = signs_of_divergence(values, images, self.guidance) - self.signs
        self.signs |= new
        if new and self.stop:
            raise RunError(f"distillation diverges: {'; '.join(sorted(new))}")
        return {name: torch.tensor(value) for name, value in values.items()}
