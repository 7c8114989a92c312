"""A pipeline to test wiring with: right in form, random in content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch


def tiny_stable_diffusion(folder: Path) -> Path:
    """Write a StableDiffusionPipeline of random weights below a folder -> its own folder.

    Images are 3 x 64 x 64, latents 4 x 8 x 8; prompts are read letter by letter.
    """
    import diffusers
    import transformers

    given: Any = diffusers
    texts: Any = transformers
    torch.manual_seed(0)
    network = given.UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=8,
    )
    autoencoder = given.AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        norm_num_groups=8,
        latent_channels=4,
        sample_size=64,
    )
    vocabulary = folder / "vocab.json"
    letters = [*"abcdefghijklmnopqrstuvwxyz", *(f"{c}</w>" for c in "abcdefghijklmnopqrstuvwxyz")]
    words = [*letters, "<|startoftext|>", "<|endoftext|>"]
    vocabulary.write_text(json.dumps({word: index for index, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = texts.CLIPTokenizer(
        str(vocabulary), str(folder / "merges.txt"), model_max_length=77
    )
    encoder = texts.CLIPTextModel(
        texts.CLIPTextConfig(
            vocab_size=len(words),
            hidden_size=32,
            intermediate_size=37,
            num_attention_heads=4,
            num_hidden_layers=2,
            bos_token_id=len(words) - 2,
            eos_token_id=len(words) - 1,
            pad_token_id=len(words) - 1,
        )
    )
    pipeline = given.StableDiffusionPipeline(
        vae=autoencoder,
        text_encoder=encoder,
        tokenizer=tokenizer,
        unet=network,
        scheduler=given.DDIMScheduler(
            1000,
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            clip_sample=False,
            set_alpha_to_one=False,
            steps_offset=1,
        ),
        safety_checker=None,
        feature_extractor=None,
    )
    pipeline.save_pretrained(folder / "model")
    return folder / "model"
