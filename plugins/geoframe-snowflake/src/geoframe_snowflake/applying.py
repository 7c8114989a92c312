"""An embedding applied: to new items, and to files for other tools."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors.torch
import torch
from numpy.typing import NDArray

from geoframe.data import format_by_suffix
from geoframe.errors import DataError, did_you_mean
from geoframe.run.files import write_bytes
from geoframe_snowflake.data import SUFFIXES, read_features
from geoframe_snowflake.data_config import MetricDataConfig
from geoframe_snowflake.power import SnowflakePower
from geoframe_snowflake.radial import Radial
from geoframe_snowflake.readers.files import TABLES, numbers, read_cells, with_header
from geoframe_snowflake.trained import TrainedEmbedding

CURVE_POINTS = 1000


def embed_file(
    trained: TrainedEmbedding, path: Path, config: MetricDataConfig
) -> Mapping[str, NDArray[np.generic]]:
    """Points of new or known items: arrays ``name`` ``(m,)`` and ``point`` ``(m, d)``.

    The file says where the items are, in one of three ways: features, if the run trained an
    encoder (``name`` and numbers); edges with columns ``source``, ``target`` and perhaps
    ``weight``, from new items to known ones; or a table of distances, its first column the new
    names, the other columns named by known items. A single column ``name`` asks for known items.

    Raises
    ------
    DataError
        If the file cannot be read, or names items that are not known.
    """
    try:
        return _placed(trained, path, config)
    except DataError as error:
        told = str(error)
        raise DataError(told if told.startswith(str(path)) else f"{path}: {told}") from None


def _placed(
    trained: TrainedEmbedding, path: Path, config: MetricDataConfig
) -> Mapping[str, NDArray[np.generic]]:
    if trained.embedding.embedder.inductive:
        names, features = read_features(path, config.name)
        return {"name": np.array(names), "point": trained.embed(features)}
    format = format_by_suffix(path, SUFFIXES)
    if format not in TABLES:
        raise DataError(f"{path}: distances or edges of new items come as csv, tsv or parquet")
    frame = with_header(path, read_cells(path, format))
    if {config.source, config.target} <= set(frame.columns):
        return _attached(trained, path, frame, config)
    named = tuple(frame.iloc[:, 0])
    if len(frame.columns) == 1:
        return {"name": np.array(named), "point": trained.points_of(named)}
    known = [str(column) for column in frame.columns[1:]]
    points = trained.place(known, numbers(path, frame.iloc[:, 1:]))
    return {"name": np.array(named), "point": points}


def _attached(
    trained: TrainedEmbedding, path: Path, frame: pd.DataFrame, config: MetricDataConfig
) -> Mapping[str, NDArray[np.generic]]:
    """New items by their edges to known ones: as far from all as the shortest way over an edge."""
    known = set(trained.names)
    lengths = np.ones(len(frame))
    if config.weight in frame.columns:
        lengths = numbers(path, frame[[config.weight]])[:, 0]
    to_known: dict[str, list[tuple[str, float]]] = {}
    ends = frame[[config.source, config.target]].to_numpy(dtype=str).tolist()
    for (first, second), length in zip(ends, lengths.tolist(), strict=True):
        if (first in known) == (second in known):
            which = "both are items" if first in known else "neither is an item"
            near = (
                "" if first in known else did_you_mean(second, known) or did_you_mean(first, known)
            )
            raise DataError(
                f"{path}: edge '{first}' - '{second}': {which} of the run; an edge must join a new "
                f"item to a known one{near}"
            )
        new, old = (second, first) if first in known else (first, second)
        to_known.setdefault(new, []).append((old, length))
    new_names = tuple(to_known)
    distances = np.stack(
        [
            np.min([length + trained.distance(old, trained.names) for old, length in edges], axis=0)
            for edges in to_known.values()
        ]
    )
    return {"name": np.array(new_names), "point": trained.place(trained.names, distances)}


def export_trained(trained: TrainedEmbedding, folder: Path) -> Sequence[Path]:
    """Write coordinates (Parquet and npz), the learned curve (CSV), weights and names.

    The exact embedding, if there is one besides the trained, is written as ``exact.npz`` with
    arrays ``name``, ``point`` and ``exponent``.
    """
    files: list[Path] = []

    def write(name: str, content: bytes) -> None:
        write_bytes(folder / name, content)
        files.append(folder / name)

    columns = trained.coordinates()
    parquet = BytesIO()
    pd.DataFrame(columns).to_parquet(parquet, index=False)
    write("coordinates.parquet", parquet.getvalue())
    write("coordinates.npz", _npz(name=np.array(trained.names), point=trained.points.numpy()))
    embedding = trained.embedding
    if isinstance(embedding.geometry, Radial):
        write("curve.csv", _curve(trained).encode())
    if trained.exact is not None:
        geometry = trained.exact.embedding.geometry
        assert isinstance(geometry, SnowflakePower)
        arrays = {"point": trained.exact.points.numpy(), "exponent": np.array(geometry.fixed)}
        write("exact.npz", _npz(name=np.array(trained.names), **arrays))
    weights = {**embedding.state_dict(), "inputs": embedding.inputs}
    write("model.safetensors", safetensors.torch.save(weights))
    write("items.json", json.dumps(trained.names).encode())
    return files


def _npz(**arrays: NDArray[Any]) -> bytes:
    content = BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return content.getvalue()


def _curve(trained: TrainedEmbedding) -> str:
    """The profile as CSV: Euclidean distance of two points, distance in the data's units."""
    geometry, points = trained.embedding.geometry, trained.points
    assert isinstance(geometry, Radial)
    # No two points are further apart than twice the largest distance from the mean.
    largest = 2 * float(torch.linalg.vector_norm(points - points.mean(dim=0), dim=1).max())
    t = torch.linspace(0, largest, CURVE_POINTS, dtype=points.dtype)
    f = trained.embedding.scale * geometry.profile(t)
    frame = pd.DataFrame({"euclidean": t.double().numpy(), "distance": f.double().numpy()})
    return str(frame.to_csv(index=False))
