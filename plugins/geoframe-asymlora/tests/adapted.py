"""Adapters on small models, moved away from where they start."""

import torch
from tiny import batch, bert
from torch import nn

from geoframe_asymlora.lora.adapter import AsymmetricLoRA


def moved(model: nn.Module, size: float = 0.3) -> nn.Module:
    """Change every trained parameter, as training would."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(size * torch.randn(parameter.shape, generator=generator))
    return model.eval()


def attached(**options) -> AsymmetricLoRA:
    adapter = AsymmetricLoRA(**{"rank": 3, "seed": 1, **options})
    moved(adapter.attach(bert()))
    return adapter


@torch.no_grad()
def logits(model: nn.Module) -> torch.Tensor:
    return model.eval()(**batch()).logits
