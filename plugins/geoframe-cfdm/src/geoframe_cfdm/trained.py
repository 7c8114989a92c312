"""What a fitted sampler says of other items, and how it is written for use elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np
import torch

from geoframe import DataError, RunError
from geoframe.run.files import write_json, write_tensors
from geoframe_cfdm.data import new_items
from geoframe_cfdm.fit import Fitted
from geoframe_cfdm.sampling.distances import nearest_points
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion
from geoframe_data import Items

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TrainedSampler(Fitted):
    """The sampler of a finished run, with what it says of items."""

    def apply(self, data: str | PathLike[str]) -> pd.DataFrame:
        """Say how likely the items of a file are, and which training item is nearest to each.

        Returns
        -------
        DataFrame
            ``log_density``, ``nearest`` (name of the training item, or its number) and
            ``distance`` (standardised), keyed by the items' names, or by number.

        Raises
        ------
        DataError
            If the file cannot be read as items of the run's shape.
        RunError
            If the run's sampler is none of closed form.
        """
        import pandas as pd

        inner = self._closed_form()
        found = new_items(Path(data), self.data_config, self.items)
        items = torch.from_numpy(found.data)
        if items.shape[1:] != self.data.shape[1:]:
            raise DataError(
                f"{data}: items have shape {tuple(items.shape[1:])}, the run's have "
                f"{tuple(self.data.shape[1:])}"
            )
        flat = items.flatten(1)
        if self.latent is not None:
            flat = self.latent.autoencoder.encode_all(flat)
        shaped = flat.reshape(len(flat), *inner.item_shape)
        points = inner.standardizer.forward(flat).to(inner.points.device)
        distance, index = nearest_points(inner.points, points, 1)
        rows = self.train[index[:, 0].cpu()].tolist()
        names = self.items.names
        return pd.DataFrame(
            {
                "log_density": inner.log_density(shaped).numpy(),
                "nearest": [names[row] for row in rows] if names else rows,
                "distance": distance[:, 0].cpu().numpy(),
            },
            index=_index(found),
        )

    def to_frame(self) -> pd.DataFrame:
        """Training items, keyed by name or number: columns of a table, labels, and which part."""
        import pandas as pd

        items = self.items
        frame = pd.DataFrame(index=_index(items))
        if items.columns:
            frame[list(items.columns)] = items.data
        if items.labels is not None:
            names = items.label_names
            frame["label"] = [names[k] for k in items.labels] if names else items.labels
        sampled_from = np.zeros(len(items), dtype=np.bool_)
        sampled_from[self.train.numpy()] = True
        return frame.assign(sampled_from=sampled_from)

    def export(self, folder: Path) -> Sequence[Path]:
        """Write ``sampler.safetensors`` (data, standardisation, times) and ``sampler.json``.

        Raises
        ------
        RunError
            If the run's sampler is none of closed form.
        """
        inner = self._closed_form()
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
        write_json(
            paths[1], {"options": options, "sigma": inner.sigma, "item_shape": inner.item_shape}
        )
        if self.latent is not None:
            paths.append(folder / "autoencoder.safetensors")
            write_tensors(paths[2], self.latent.autoencoder.state_dict())
        return paths

    def _closed_form(self) -> ClosedFormDiffusion:
        if not isinstance(self.inner, ClosedFormDiffusion):
            raise RunError(
                f"the run's sampler, {type(self.inner).__name__}, has no density; use closed-form"
            )
        return self.inner

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.data.shape[1:]))
        return f"TrainedSampler({type(self.inner).__name__} of {len(self.data)} items {shape})"


def _index(items: Items) -> pd.Index:
    import pandas as pd

    if items.names:
        return pd.Index(items.names, name="name")
    return pd.RangeIndex(len(items), name="item")
