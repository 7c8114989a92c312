"""Pipelines of diffusers from the user's disk: network, scheduler, autoencoder, text encoder."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from geoframe import ConfigError, DataError
from geoframe.data import shown
from geoframe_diffusion.networks.denoiser import NetworkDenoiser, text_denoiser, unet_denoiser
from geoframe_diffusion.networks.pipeline_files import check_pipeline_files
from geoframe_diffusion.sampling import DenoisingSampler

PRECISIONS = {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class DiffusersModel(DenoisingSampler):
    """A pretrained model of diffusers; it learns nothing from :meth:`fit`.

    Items are images ``(channels, height, width)`` with values in [-1, 1], or their latents if the
    pipeline has an autoencoder, which :meth:`encode` and :meth:`decode` ask. Conditions are labels,
    or the numbers of ``prompts``.

    Parameters
    ----------
    path
        Folder or safetensors file; nothing is downloaded.
    config
        For a single file: a pipeline's folder with the configs.
    prompts, negative
        Texts; the negative one stands for no condition, so that guidance goes away from it.
    precision, device
        Of the network. The autoencoder stays in float32: in half precision it can overflow.
    steps
        DDIM steps of a sample.

    Raises
    ------
    ConfigError
        If diffusers is missing, or the path holds no such model.
    """

    def __init__(
        self,
        *,
        path: Path,
        config: Path | None = None,
        prompts: Sequence[str] = (),
        negative: str = "",
        precision: str = "float32",
        device: str = "cpu",
        steps: int = 50,
    ) -> None:
        super().__init__()
        self.steps = steps
        pipeline = load_pipeline(Path(path), config).to(device)
        parts: dict[str, Any] = pipeline.components
        network = parts.get("unet") or parts.get("transformer")
        if network is None:
            raise ConfigError(
                [f"prior.path: {type(pipeline).__name__} has neither a unet nor a transformer"]
            )
        self.prompts = tuple(prompts)
        self.autoencoder = parts.get("vae")
        if self.autoencoder is not None:
            self.autoencoder.requires_grad_(False).float().eval()
        network.requires_grad_(False).eval().to(PRECISIONS[precision])
        self.denoiser = _denoiser(pipeline, network, parts, self.prompts, negative)
        self.schedule = self.denoiser.schedule
        side, channels = network.config.sample_size, network.config.in_channels
        height, width = (side, side) if isinstance(side, int) else side
        self._shape = (channels, height, width)

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Channels, height and width of what is denoised."""
        return self._shape

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image before it is encoded."""
        if self.autoencoder is None:
            return self._shape
        factor = 2 ** (len(self.autoencoder.config.block_out_channels) - 1)
        return (
            self.autoencoder.config.in_channels,
            self._shape[1] * factor,
            self._shape[2] * factor,
        )

    def fit(self, data: Tensor) -> Self:
        """Check that items have the model's shape; there is nothing to learn."""
        if tuple(data.shape[1:]) not in (self.item_shape, self.image_shape):
            raise DataError(f"the model takes items {self.item_shape}, not {tuple(data.shape[1:])}")
        return self

    def denoise(
        self, noisy: Tensor, sigma: float | Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Posterior mean of images, or of latents."""
        return self.denoiser.denoise(noisy, sigma, condition)

    def copy_to_train(self, rank: int = 0) -> nn.Module:
        """A copy of the network, as a denoiser that trains."""
        return self.denoiser.copy_to_train(rank)

    def encode(self, images: Tensor) -> Tensor:
        """Images ``(B, C, H, W)`` in [-1, 1] -> latents, differentiable; itself without one."""
        if self.autoencoder is None:
            return images
        config = self.autoencoder.config
        means: Tensor = self.autoencoder.encode(images.float()).latent_dist.mode()
        shift = getattr(config, "shift_factor", None) or 0.0
        scaled: Tensor = (means - shift) * config.scaling_factor
        return scaled

    def decode(self, latents: Tensor) -> Tensor:
        """Latents -> images in [-1, 1]."""
        if self.autoencoder is None:
            return latents
        config = self.autoencoder.config
        shift = getattr(config, "shift_factor", None) or 0.0
        images: Tensor = self.autoencoder.decode(latents.float() / config.scaling_factor + shift)[0]
        return images


def load_pipeline(path: Path, config: Path | None) -> Any:
    """Read a pipeline from a folder or a single file.

    Raises
    ------
    ConfigError
        If diffusers is missing or cannot read it, or it holds code or pickles.
    """
    try:
        import diffusers
    except ImportError:
        raise ConfigError(
            ["prior: diffusers is missing; pip install 'geoframe-diffusion[diffusers]'"]
        ) from None
    check_pipeline_files(path, config)
    try:
        if path.is_dir():  # pickled weights are never loaded
            return diffusers.DiffusionPipeline.from_pretrained(  # type: ignore[no-untyped-call]
                path, local_files_only=True, use_safetensors=True
            )
        return diffusers.StableDiffusionPipeline.from_single_file(
            str(path), config=str(config), local_files_only=True
        )
    except Exception as error:  # a damaged folder makes the library raise anything
        raise ConfigError(
            [f"prior.path: {path}: diffusers cannot read it: {shown(error)}"]
        ) from None


def _denoiser(
    pipeline: Any, network: Any, parts: Mapping[str, Any], prompts: Sequence[str], negative: str
) -> NetworkDenoiser:
    scheduler = parts["scheduler"]
    encodes = parts.get("text_encoder") is not None and parts.get("tokenizer") is not None
    if prompts and not encodes:
        raise ConfigError(["prior.prompts: the pipeline has no text encoder; leave them out"])
    if not encodes:
        return unet_denoiser(network, scheduler)
    table = _prompt_table(pipeline, network, [*prompts, negative])
    return text_denoiser(network, scheduler, table)


@torch.no_grad()
def _prompt_table(pipeline: Any, network: Any, texts: Sequence[str]) -> dict[str, Tensor]:
    """Argument of the network -> its value for each text."""
    if getattr(network.config, "addition_embed_type", None):
        raise ConfigError(
            [f"prior.path: {type(pipeline).__name__} needs sizes beside prompts: not supported"]
        )
    known = set(inspect.signature(pipeline.encode_prompt).parameters)
    wanted: dict[str, Any] = {
        "prompt": list(texts),
        "prompt_2": None,
        "prompt_3": None,
        "device": pipeline.device,
        "num_images_per_prompt": 1,
        "do_classifier_free_guidance": False,
    }
    found = pipeline.encode_prompt(**{key: wanted[key] for key in wanted.keys() & known})
    table: dict[str, Tensor] = {"encoder_hidden_states": found[0]}
    if "pooled_projections" in inspect.signature(network.forward).parameters:
        table["pooled_projections"] = found[2]
    return table
