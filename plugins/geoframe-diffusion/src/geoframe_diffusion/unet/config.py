"""Options of the small network. Torch-free."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from geoframe.config import option


@attrs.frozen(kw_only=True)
class SmallUNetConfig:
    """A class-conditional UNet of diffusers, trained here on the images it is given."""

    component: ClassVar[str] = "geoframe_diffusion.unet.sampler:SmallUNet"

    channels: tuple[int, ...] = option(
        (32, 64), ge=8, unit="channels", help="Channels at each resolution, multiples of 8."
    )
    layers: int = option(1, ge=1, help="Residual blocks at each resolution.")
    attention: bool = option(True, help="Self-attention at the lowest resolution.")
    schedule: Literal["ddpm-linear", "scaled-linear", "cosine"] = option(
        "scaled-linear", help="Noise levels that it learns."
    )
    prediction: Literal["epsilon", "sample", "v_prediction"] = option(
        "epsilon", help="What the network puts out."
    )
    epochs: int = option(
        70, ge=1, unit="epochs", help="Passes over the images, when fitted without a trainer."
    )
    learning_rate: float = option(1e-3, gt=0, help="Peak of the cosine schedule.")
    batch_size: int = option(64, ge=1, unit="images", help="Images of a training step.")
    label_drop: float = option(
        0.1, ge=0, le=1, help="Share of labels hidden in training, for guidance."
    )
    ema: float = option(
        0.999, ge=0, lt=1, help="Decay of the averaged weights that denoise; 0: the last ones."
    )
    seed: int = option(0, ge=0, help="Seed of weights and training.")
    steps: int = option(50, ge=1, unit="steps", help="DDIM steps of a sample.")
