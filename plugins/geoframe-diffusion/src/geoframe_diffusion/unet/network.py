"""The small network itself."""

from __future__ import annotations

from typing import Any

from torch import nn

from geoframe import ConfigError
from geoframe_diffusion.unet.config import SmallUNetConfig

GROUPS = 8
"""Channels are normalised in so many groups."""


def small_unet(
    options: SmallUNetConfig, channels: int, size: tuple[int, int], classes: int
) -> nn.Module:
    """Build a ``UNet2DModel`` for images ``(channels, *size)``.

    One class embedding more than ``classes`` stands for no condition; 0 classes build none.

    Raises
    ------
    ConfigError
        If diffusers is missing, or the widths or the size do not fit.
    """
    try:
        from diffusers import UNet2DModel
    except ImportError:
        raise ConfigError(
            ["small-unet needs diffusers; pip install 'geoframe-diffusion[diffusers]'"]
        ) from None
    widths = options.channels
    if any(width % GROUPS for width in widths):
        raise ConfigError([f"channels: {widths} must be multiples of {GROUPS}"])
    factor = 2 ** (len(widths) - 1)
    if any(side % factor for side in size):
        raise ConfigError(
            [f"channels: {len(widths)} resolutions need sides that {factor} divides, not {size}"]
        )
    plain, attentive = len(widths) - 1, "Attn" if options.attention else ""
    network: Any = UNet2DModel(  # type: ignore[no-untyped-call]
        sample_size=size,
        in_channels=channels,
        out_channels=channels,
        block_out_channels=widths,
        layers_per_block=options.layers,
        down_block_types=(*["DownBlock2D"] * plain, f"{attentive}DownBlock2D"),
        up_block_types=(f"{attentive}UpBlock2D", *["UpBlock2D"] * plain),
        norm_num_groups=GROUPS,
        num_class_embeds=classes + 1 if classes else None,
        add_attention=options.attention,
    )
    built: nn.Module = network
    return built
