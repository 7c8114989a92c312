"""A pipeline in one safetensors file, under the names of the original Stable Diffusion code."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import geoframe
from geoframe import ConfigError
from geoframe_diffusion.testing import tiny_stable_diffusion

pytest.importorskip("diffusers")
pytest.importorskip("transformers")

Rules = Sequence[tuple[str, str | Callable[[re.Match[str]], str]]]
RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
UNET: Rules = (  # of one layer a block
    (r"^(?!.*transformer)(.*resnets.*\.)(\w+)(?=\.\w+$)", lambda m: m[1] + RESNET[m[2]]),
    (r"^conv_in", "input_blocks.0.0"),
    (r"^time_embedding\.linear_(\d)", lambda m: f"time_embed.{2 * int(m[1]) - 2}"),
    (r"^conv_norm_out", "out.0"),
    (r"^conv_out", "out.2"),
    (
        r"^down_blocks\.(\d)\.downsamplers\.0\.conv",
        lambda m: f"input_blocks.{2 * int(m[1]) + 2}.0.op",
    ),
    (
        r"^up_blocks\.(\d)\.upsamplers\.0\.conv",
        lambda m: f"output_blocks.{2 * int(m[1]) + 1}.2.conv",
    ),
    (r"^down_blocks\.(\d)\.resnets\.0", lambda m: f"input_blocks.{2 * int(m[1]) + 1}.0"),
    (r"^down_blocks\.(\d)\.attentions\.0", lambda m: f"input_blocks.{2 * int(m[1]) + 1}.1"),
    (
        r"^up_blocks\.(\d)\.resnets\.(\d)",
        lambda m: f"output_blocks.{2 * int(m[1]) + int(m[2])}.0",
    ),
    (
        r"^up_blocks\.(\d)\.attentions\.(\d)",
        lambda m: f"output_blocks.{2 * int(m[1]) + int(m[2])}.1",
    ),
    (r"^mid_block\.resnets\.(\d)", lambda m: f"middle_block.{2 * int(m[1])}"),
    (r"^mid_block\.attentions\.0", "middle_block.1"),
    (r"^", "model.diffusion_model."),
)
AUTOENCODER: Rules = (  # of four levels
    (r"down_blocks\.(\d)", r"down.\1"),
    (r"up_blocks\.(\d)", lambda m: f"up.{3 - int(m[1])}"),
    (r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}"),
    (r"mid_block\.attentions\.0", "mid.attn_1"),
    (r"resnets", "block"),
    (r"(down|up)samplers\.0", r"\1sample"),
    (r"conv_shortcut", "nin_shortcut"),
    (r"conv_norm_out", "norm_out"),
    (r"group_norm", "norm"),
    (r"to_([qkv])", r"\1"),
    (r"to_out\.0", "proj_out"),
    (r"^", "first_stage_model."),
)
TEXTS: Rules = ((r"^", "cond_stage_model.transformer.text_model."),)


def original(folder: Path) -> dict[str, Tensor]:
    """All weights of a pipeline of diffusers under their original names."""
    tensors = {}
    for part, rules in (("unet", UNET), ("vae", AUTOENCODER), ("text_encoder", TEXTS)):
        (path,) = (folder / part).glob("*.safetensors")
        for name, tensor in load_file(path).items():
            if part == "vae" and ".attentions." in name and tensor.dim() == 2:
                tensor = tensor[:, :, None, None]  # convolutions of one pixel
            for pattern, instead in rules:
                name = re.sub(pattern, instead, name)
            tensors[name] = tensor.contiguous()
    return tensors


def test_one_file_and_a_folder_of_configs_are_the_pipeline(tmp_path: Path) -> None:
    folder = tiny_stable_diffusion(tmp_path)
    single = tmp_path / "single.safetensors"
    save_file(original(folder), str(single))
    configs = tmp_path / "configs"
    shutil.copytree(folder, configs, ignore=shutil.ignore_patterns("*.safetensors"))
    whole = geoframe.build("sampler", "diffusers-model", path=folder, prompts=["a cow"])
    found = geoframe.build(
        "sampler", "diffusers-model", path=single, config=configs, prompts=["a cow"]
    )
    noisy, labels = torch.randn(2, 4, 8, 8), torch.tensor([0, -1])
    assert torch.equal(found.denoise(noisy, 1.0, labels), whole.denoise(noisy, 1.0, labels))
    images = torch.rand(1, 3, 64, 64)
    assert torch.equal(found.encode(images), whole.encode(images))
    assert torch.equal(found.decode(noisy), whole.decode(noisy))
    single.write_bytes(single.read_bytes()[:1000])
    with pytest.raises(ConfigError, match="diffusers cannot read it"):
        geoframe.build("sampler", "diffusers-model", path=single, config=configs)
