"""What a fitted sampler says of other items, and how it is written for use elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np
import torch

from geoframe import DataError, RunError
from geoframe.run.files import write_json, write_tensors
from geoframe_cfdm.data import new_items
from geoframe_cfdm.distances import nearest_points
from geoframe_cfdm.pipeline import Fitted
from geoframe_cfdm.sampler import ClosedFormDiffusion


def _inner(fitted: Fitted) -> ClosedFormDiffusion:
    inner = fitted.inner
    if not isinstance(inner, ClosedFormDiffusion):
        raise RunError(
            f"the run's sampler, {type(inner).__name__}, has no density; use closed-form"
        )
    return inner


def score_file(fitted: Fitted, path: Path) -> Mapping[str, np.ndarray]:
    """Log-density, nearest training item and distance (standardised) of each item of a file.

    Raises
    ------
    DataError
        If the file cannot be read as items of the run's shape.
    RunError
        If the run's sampler is none of closed form.
    """
    inner = _inner(fitted)
    items = torch.from_numpy(new_items(path, fitted.data_config, fitted.items).data)
    if items.shape[1:] != fitted.data.shape[1:]:
        raise DataError(
            f"{path}: items have shape {tuple(items.shape[1:])}, the run's have "
            f"{tuple(fitted.data.shape[1:])}"
        )
    flat = items.flatten(1)
    if fitted.latent is not None:
        flat = fitted.latent.autoencoder.encode_all(flat)
    shaped = flat.reshape(len(flat), *inner.item_shape)
    points = inner.standardizer.forward(flat).to(inner.points.device)
    distance, index = nearest_points(inner.points, points, 1)
    return {
        "log_density": inner.log_density(shaped).numpy(),
        "nearest": fitted.train[index[:, 0].cpu()].numpy(),
        "distance": distance[:, 0].cpu().numpy(),
    }


def export_sampler(fitted: Fitted, folder: Path) -> Sequence[Path]:
    """Write ``sampler.safetensors`` (data, standardisation, times) and ``sampler.json``."""
    inner = _inner(fitted)
    tensors = {
        "data": inner.collection.flat,
        "mean": inner.standardizer.mean,
        "scale": inner.standardizer.scale,
        "times": torch.tensor(inner.times, dtype=torch.float64),
    }
    if inner.standardizer.axes is not None:
        tensors["axes"] = inner.standardizer.axes
    paths = [folder / "sampler.safetensors", folder / "sampler.json"]
    write_tensors(paths[0], tensors)
    options = attrs.asdict(inner.options)
    write_json(paths[1], {"options": options, "sigma": inner.sigma, "item_shape": inner.item_shape})
    if fitted.latent is not None:
        paths.append(folder / "autoencoder.safetensors")
        write_tensors(paths[2], fitted.latent.autoencoder.state_dict())
    return paths
