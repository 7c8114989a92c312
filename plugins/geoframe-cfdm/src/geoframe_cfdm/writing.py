"""Samples in the format that the items came in."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path

import numpy as np
from torch import Tensor

from geoframe.run.files import explained, write_bytes
from geoframe_cfdm.mixed import MixedItems
from geoframe_data import Items

MOST_FILES = 1000


def write_samples(parts: Iterable[Tensor], like: Items, folder: Path) -> Path | None:
    """Write samples as a table, a point cloud, or images.

    Parameters
    ----------
    parts
        Samples ``(n, *item_shape)``, one batch after the other.
    like
        The items that they were made of.

    Returns
    -------
    Path or None
        ``samples.csv``, ``samples.ply`` or the folder ``samples``, which takes the first 1000
        images; None for arrays, of which there is nothing to add to the tensors.
    """
    if like.kind == "table":
        write_bytes(folder / "samples.csv", "".join(_lines(parts, like)).encode())
        return folder / "samples.csv"
    if like.kind == "points":
        import trimesh

        points = np.concatenate([part.numpy() for part in parts])
        content = trimesh.PointCloud(points).export(file_type="ply")  # type: ignore[no-untyped-call]
        write_bytes(folder / "samples.ply", content)
        return folder / "samples.ply"
    if like.kind == "images":
        from PIL import Image

        with explained(folder / "samples"):
            (folder / "samples").mkdir(exist_ok=True)
        drawn = chain.from_iterable(part.numpy() for part in parts)
        for number, item in enumerate(islice(drawn, MOST_FILES)):
            content = io.BytesIO()
            Image.fromarray(item).save(content, format="png")
            write_bytes(folder / "samples" / f"{number:04d}.png", content.getvalue())
        return folder / "samples"
    return None


def _lines(parts: Iterable[Tensor], like: Items) -> Iterator[str]:
    """Lines of a table, batch by batch: texts, dates and gaps as they stood in the file."""
    import pandas as pd

    spread = np.nanmax(like.data, 0) - np.nanmin(like.data, 0)
    known = 6 - np.floor(np.log10(np.where(spread > 0, spread, 1)))  # no more is known
    digits = dict(zip(like.columns, known.astype(int).tolist(), strict=True))
    for number, part in enumerate(parts):
        rows = part.numpy()
        if isinstance(like, MixedItems):
            table = like.decoded(rows)
        else:
            table = pd.DataFrame(rows, columns=list(like.columns))
        floats = [str(name) for name in table.select_dtypes("float")]
        if floats:
            table[floats] = table[floats].round({name: digits[name] for name in floats}) + 0.0
        yield table.to_csv(index=False, header=number == 0)


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
