"""Options of the autoencoders. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import attrs

from geoframe.config import option


@attrs.frozen(kw_only=True)
class PCAConfig:
    """Principal components: the linear autoencoder, in closed form."""

    component: ClassVar[str] = "geoframe_cfdm.latents.pca:PCA"


@attrs.frozen(kw_only=True)
class ConvAutoencoderConfig:
    """A small convolutional autoencoder, trained on the data themselves."""

    component: ClassVar[str] = "geoframe_cfdm.latents.conv:ConvAutoencoder"

    width: int = option(32, ge=1, unit="channels", help="Channels of the first layer.")
    levels: int = option(2, ge=1, le=5, help="Times that height and width are halved.")
    shape: tuple[int, ...] | None = option(
        None, help="Height, width and channels of an item; that of the data if left out."
    )


@attrs.frozen(kw_only=True)
class AutoencoderKLConfig:
    """A pretrained diffusers.AutoencoderKL from a local folder; nothing is downloaded."""

    component: ClassVar[str] = "geoframe_cfdm.latents.kl:PretrainedKL"

    path: Path = option(help="Folder with config.json and the weights.")
    shape: tuple[int, ...] | None = option(
        None, help="Height, width and channels of an item; that of the data if left out."
    )
