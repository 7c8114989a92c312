"""Options of pretrained networks. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import attrs

from geoframe.config import option


@attrs.frozen(kw_only=True)
class DiffusersModelConfig:
    """A pretrained pipeline of diffusers from a local folder or file; nothing is downloaded."""

    component: ClassVar[str] = "geoframe_diffusion.networks.pipeline:DiffusersModel"

    path: Path = option(
        help="Folder that save_pretrained wrote, or one safetensors file with all weights."
    )
    config: Path | None = option(
        None,
        help="For a single file: folder of a pipeline of the same kind, whose configs are read.",
    )
    prompts: tuple[str, ...] = option(
        (), help="Texts that conditions are the numbers of; needs a text encoder."
    )
    negative: str = option("", help="Text that guidance goes away from.")
    precision: Literal["float32", "bf16", "fp16"] = option(
        "float32", help="Precision of the network; the autoencoder stays in float32."
    )
    device: str = option("cpu", help="Where the network computes: cpu, cuda or cuda:1.")
    steps: int = option(50, ge=1, unit="steps", help="DDIM steps of a sample.")


@attrs.frozen(kw_only=True)
class OnnxDenoiserConfig:
    """A denoiser in an ONNX file. Its answers carry no gradient, and need none for distillation."""

    component: ClassVar[str] = "geoframe_diffusion.networks.onnx:OnnxDenoiser"

    path: Path = option(help="The ONNX file.")
    shape: tuple[int, ...] = option((3, 64, 64), help="Channels, height and width of an item.")
    schedule: Literal["ddpm-linear", "scaled-linear", "cosine", "edm", "flow"] = option(
        "edm", help="Noise levels it was trained with."
    )
    prediction: Literal["epsilon", "sample", "v_prediction", "flow_prediction"] = option(
        "sample", help="What it puts out."
    )
    level: Literal["sigma", "log-sigma", "timestep"] = option(
        "sigma", help="How it is told the noise level; log-sigma is log(sigma) / 4 (EDM)."
    )
    inputs: tuple[str, ...] = option(
        ("sample", "sigma"),
        help="Names of its inputs: the state, the level, and if it takes one the label.",
    )
    data_std: float = option(
        0.0,
        ge=0,
        help="0, or the standard deviation of the data of an EDM whose file lacks its "
        "preconditioning (c_in, c_skip, c_out).",
    )
    steps: int = option(50, ge=1, unit="steps", help="DDIM steps of a sample.")
