"""Score distillation: a diffusion model as a loss for anything that renders to pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geoframe_sdi.guidance.loss import ScoreDistillation as ScoreDistillation

__all__ = ["ScoreDistillation"]


def __getattr__(name: str) -> Any:
    # The loss needs torch, and listing methods must not wait for it.
    if name == "ScoreDistillation":
        from geoframe_sdi.guidance.loss import ScoreDistillation

        return ScoreDistillation
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
