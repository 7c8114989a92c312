"""Sampling to disk: complete shards or none, resumable to the identical result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from geoframe.errors import RunError
from geoframe.run.files import explained, read_json, write_json, write_tensors
from geoframe.run.lock import lock
from geoframe.sampler import Sampler

MANIFEST = "samples.json"


def stream_samples(
    sampler: Sampler,
    folder: Path,
    n: int,
    *,
    seed: int,
    shard_size: int,
    facts: Mapping[str, Any],
    progress: Callable[[int], None] = lambda done: None,
) -> list[Path]:
    """Draw ``n`` items into safetensors files of ``shard_size`` items each.

    Every shard is written at once, and depends on nothing but the seed and the number of its
    first item. So a stream that was killed goes on where it was when it is started again in the
    same way, and ends with the same files; and a finished one is lengthened by a larger ``n``, to
    the files that it would have had from the beginning.

    Parameters
    ----------
    sampler
        A fitted sampler.
    folder
        New, empty, or with the beginning of the same stream, of ``n`` items at the most.
    facts
        What tells this stream from others, besides its size and seed; kept in ``samples.json``.
    progress
        Called with the number of items that are there, at the start and after each shard.

    Returns
    -------
    list
        The shards, in order. Each holds the tensors that
        :meth:`~geoframe.Sampler.draw` returned.

    Raises
    ------
    RunError
        If the folder holds something else, is in use, or cannot be written.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        taken = lock(folder, doing="writing samples here")
    try:
        _claim(folder, {"n": n, "seed": seed, "shard_size": shard_size, **facts})
        shards = []
        for first in range(0, n, shard_size):
            progress(first)
            path = _shard(folder, first)
            if not path.exists():
                count = min(shard_size, n - first)
                write_tensors(path, sampler.draw(count, seed=seed, first=first))
            shards.append(path)
        progress(n)
        return shards
    finally:
        taken.release()


def _shard(folder: Path, first: int) -> Path:
    return folder / f"samples-{first:010d}.safetensors"


def _claim(folder: Path, stream: Mapping[str, Any]) -> None:
    """Check that the folder is new or holds the beginning of this stream, and claim it.

    What a killed writer left is cleared away, and so is a last shard that has to be longer now.
    """
    for leftover in folder.glob(".tmp-*"):
        leftover.unlink(missing_ok=True)
    manifest = folder / MANIFEST
    present = sorted(entry.name for entry in folder.iterdir() if entry.name != ".lock")
    if not present:
        write_json(manifest, stream)
        return
    if MANIFEST not in present:
        raise RunError(f"{folder}: holds '{present[0]}' and no samples; name a new folder")
    before = read_json(manifest)
    changed = sorted(
        key for key in {*before, *stream} if before.get(key, None) != stream.get(key, None)
    )
    there = before.get("n")
    if changed == ["n"] and isinstance(there, int) and there < stream["n"]:
        first_of_last = there // stream["shard_size"] * stream["shard_size"]
        _shard(folder, first_of_last).unlink(missing_ok=True)
        write_json(manifest, stream)
    elif changed:
        raise RunError(
            f"{folder}: holds samples with another '{changed[0]}' "
            f"({before.get(changed[0])}, not {stream.get(changed[0])}); name a new folder"
        )
