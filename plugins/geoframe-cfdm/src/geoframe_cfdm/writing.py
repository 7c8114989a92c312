"""Samples in the format that the items came in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from torch import Tensor

from geoframe.run.files import explained, write_bytes
from geoframe_cfdm.mixed import MixedItems
from geoframe_data import Items

MOST_FILES = 1000


def write_samples(items: Tensor, like: Items, folder: Path) -> Path | None:
    """Write samples ``(n, *item_shape)`` as a table, a point cloud, or images.

    Returns
    -------
    Path or None
        ``samples.csv``, ``samples.ply`` or the folder ``samples``, which takes the first 1000
        images; None for arrays, of which there is nothing to add to the tensors.
    """
    if isinstance(like, MixedItems):
        text = like.decoded(items.numpy()).to_csv(index=False, float_format="%.8g")
        write_bytes(folder / "samples.csv", text.encode())
        return folder / "samples.csv"
    if like.kind == "table":
        import pandas as pd

        values = items.numpy()
        spread = values.max(0) - values.min(0)
        digits = 6 - np.floor(np.log10(np.where(spread > 0, spread, 1)))  # no more is known
        table = pd.DataFrame(values, columns=list(like.columns))
        rounded = table.round(dict(zip(like.columns, digits.astype(int).tolist(), strict=True)))
        write_bytes(folder / "samples.csv", (rounded + 0.0).to_csv(index=False).encode())
        return folder / "samples.csv"
    if like.kind == "points":
        import trimesh

        content = trimesh.PointCloud(items.numpy()).export(file_type="ply")  # type: ignore[no-untyped-call]
        write_bytes(folder / "samples.ply", content)
        return folder / "samples.ply"
    if like.kind == "images":
        from PIL import Image

        with explained(folder / "samples"):
            (folder / "samples").mkdir(exist_ok=True)
        for number, item in enumerate(items[:MOST_FILES].numpy()):
            content = io.BytesIO()
            Image.fromarray(item).save(content, format="png")
            write_bytes(folder / "samples" / f"{number:04d}.png", content.getvalue())
        return folder / "samples"
    return None


def write_provenance(items: Items, drawn: Mapping[str, Tensor], folder: Path) -> None:
    """Write ``provenance.csv``: for each sample the items it is made of, by name, and shares."""
    import pandas as pd

    if "tuple_index" not in drawn:
        return
    index, weight = drawn["tuple_index"], drawn["tuple_weight"]
    sample, place = (index >= 0).nonzero(as_tuple=True)
    rows = index[sample, place].tolist()
    table = pd.DataFrame(
        {
            "sample": sample.numpy(),
            "item": [items.name(row) for row in rows],
            "share": weight[sample, place].numpy(),
        }
    )
    text = table.to_csv(index=False, float_format="%.4f")
    write_bytes(folder / "provenance.csv", text.encode(errors="surrogateescape"))
