"""An embedding as files that other tools read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import safetensors.torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe.run.files import write_bytes
from geoframe.run.tables import write_arrays, write_frame
from geoframe_embedding.embedding import EmbeddedItems, Points
from geoframe_embedding.queries import columns
from geoframe_embedding.store import model_tensors


def export_embedding(
    folder: Path, frame: pd.DataFrame, points: Tensor, embedding: Points
) -> Sequence[Path]:
    """Write coordinates (Parquet, npz, word2vec text), names (JSON) and weights (safetensors).

    ``coordinates.npz`` holds ``name`` ``(n,)``, ``point`` ``(n, d)`` as float32, and the further
    columns of ``frame``; ``coordinates.parquet`` is ``frame``; ``vectors.txt`` is what gensim,
    FastText and the embedding projector read.

    Parameters
    ----------
    folder
        Where to.
    frame
        What is known of each item, keyed by name, its point among it.
    points
        ``(n, d)``.
    embedding
        The model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [
        folder / name
        for name in (
            *("coordinates.parquet", "coordinates.npz", "vectors.txt"),
            *("model.safetensors", "items.json"),
        )
    ]
    found = columns(frame)
    single = points.numpy().astype(np.float32)
    further = {key: value for key, value in found.items() if not key.startswith("point_")}
    write_frame(files[0], frame)
    write_arrays(files[1], {**further, "point": single})
    write_bytes(files[2], word2vec_text(frame.index, single).encode())
    tensors = embedding.state_dict()
    if isinstance(embedding, EmbeddedItems):
        tensors = model_tensors(embedding)
    write_bytes(files[3], safetensors.torch.save(tensors))
    write_bytes(files[4], json.dumps(list(frame.index)).encode())
    return files


def word2vec_text(names: Sequence[str] | pd.Index, points: NDArray[np.floating]) -> str:
    """Points ``(n, d)`` in word2vec's text format: ``n d``, then a name and its numbers a line.

    The format separates by blanks; in names that have any, they and ``%`` are written as in an
    address (``%20``).
    """
    lines = [f"{len(points)} {points.shape[1]}"]
    for name, point in zip(names, points.tolist(), strict=True):
        numbers = " ".join(f"{value:.9g}" for value in point)
        lines.append(f"{encoded(str(name))} {numbers}")
    return "\n".join(lines) + "\n"


def encoded(name: str) -> str:
    """The name without blanks."""
    if not any(character.isspace() or character == "%" for character in name):
        return name
    return "".join(quote(c) if c.isspace() or c == "%" else c for c in name)
