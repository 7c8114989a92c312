"""Serving experts from a pack: one row mapped into memory at a time."""

from __future__ import annotations

import mmap
import re
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import torch
from numpy.typing import NDArray

from geoframe import RunError
from geoframe.run.files import read_tensors, write_tensors
from geoframe_pathways.experts.pack import read_header, write_pack

Row = NDArray[np.float32]

PAGES = 64 * 2**10
"""Bytes that the kernel maps around a page that is touched (Linux's default fault-around)."""


@attrs.frozen(kw_only=True)
class Footprint:
    """Bytes that a store takes."""

    index: int
    """Prototypes and router: always in memory."""
    cached: int
    """Rows of the experts used last: mapped, at most ``cache_bytes``."""
    cache_bytes: int
    on_disk: int
    """The whole pack."""


class ExpertStore:
    """Rows of a pack, read-only and without a copy, with the last used ones kept mapped.

    What falls out of the cache is handed back to the kernel, so the resident memory stays below
    index plus cache however large the file is.

    Parameters
    ----------
    path
        The pack; replaced experts lie beside it in ``<name>.replaced/``.
    cache_bytes
        Budget of the cache.

    Raises
    ------
    RunError
        If the pack cannot be read.
    """

    def __init__(self, path: Path, *, cache_bytes: int = 256 * 2**20) -> None:
        self.path = path
        self.cache_bytes = cache_bytes
        self.header = read_header(path)
        self._stride = 4 * self.header.columns
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._cache: OrderedDict[int, Row] = OrderedDict()
        self._cost = self._stride + 2 * PAGES
        self.replaced: dict[int, Row] = {}
        """Experts that were replaced since the pack was written."""
        self.refresh()

    def __len__(self) -> int:
        return self.header.rows

    def row(self, expert: int) -> Row:
        """Return one expert ``(row_size,)``: a read-only view of the file."""
        found = self._cache.get(expert)
        if found is not None:
            self._cache.move_to_end(expert)
            return found
        if expert in self.replaced:
            return self.replaced[expert]
        if not 0 <= expert < self.header.rows:
            raise IndexError(f"no expert {expert}; there are {self.header.rows}")
        start = self.header.offset + expert * self._stride
        if self._stride > PAGES and hasattr(mmap, "MADV_WILLNEED"):
            # One large read, not a fault for every few pages.
            first, last = self._extent(expert)
            self._map.madvise(mmap.MADV_WILLNEED, first, last - first)
        found = np.frombuffer(self._map, dtype=np.float32, count=self.header.columns, offset=start)
        self._cache[expert] = found
        while len(self._cache) * self._cost > self.cache_bytes and len(self._cache) > 1:
            self._release(self._cache.popitem(last=False)[0])
        return found

    def rows(self, experts: Sequence[int] | NDArray[np.int64]) -> Row:
        """Copy several experts into a matrix ``(e, row_size)``."""
        gathered = np.empty((len(experts), self.header.columns), dtype=np.float32)
        for place, expert in enumerate(experts):
            gathered[place] = self.row(int(expert))
        return gathered

    def replace(self, expert: int, row: Row) -> None:
        """Replace one expert durably and at once, without touching the others.

        Other processes see it after :meth:`refresh`.

        Raises
        ------
        ValueError
            If the row has another length.
        RunError
            If the disk refuses.
        """
        if row.shape != (self.header.columns,):
            raise ValueError(f"a row has shape {(self.header.columns,)}, not {row.shape}")
        if not 0 <= expert < self.header.rows:
            raise IndexError(f"no expert {expert}; there are {self.header.rows}")
        folder = self._folder()
        folder.mkdir(exist_ok=True)
        tensor = torch.from_numpy(np.array(row, dtype=np.float32))
        write_tensors(folder / f"expert-{expert:09d}.safetensors", {"row": tensor})
        self.refresh()

    def refresh(self) -> None:
        """See the experts that were replaced since, here or by another process."""
        self.replaced = {}
        for file in sorted(self._folder().glob("expert-*.safetensors")):
            match = re.fullmatch(r"expert-(\d+)", file.stem)
            row = read_tensors(file)["row"].numpy()
            if match is None or row.shape != (self.header.columns,):
                raise RunError(f"{file}: is not an expert of {self.path}")
            row.flags.writeable = False
            self.replaced[int(match[1])] = row
            self._cache.pop(int(match[1]), None)

    def compact(self) -> None:
        """Write the replaced experts into the pack itself, atomically."""
        header = self.header
        write_pack(
            self.path,
            metadata=header.metadata,
            arrays=header.arrays,
            experts=(self.row(expert)[None] for expert in range(len(self))),
            count=header.rows,
            columns=header.columns,
        )
        for expert in self.replaced:
            (self._folder() / f"expert-{expert:09d}.safetensors").unlink(missing_ok=True)
        self.__init__(self.path, cache_bytes=self.cache_bytes)  # type: ignore[misc]

    def footprint(self) -> Footprint:
        """Return what the store takes, in bytes."""
        replaced = len(self.replaced) * self._stride
        return Footprint(
            index=sum(array.nbytes for array in self.header.arrays.values()) + replaced,
            cached=len(self._cache) * self._stride,
            cache_bytes=self.cache_bytes,
            on_disk=self.path.stat().st_size + replaced,
        )

    def _folder(self) -> Path:
        return self.path.with_name(f"{self.path.stem}.replaced")

    def _release(self, expert: int) -> None:
        """Let the kernel take back the pages of a row, and those it mapped around them."""
        if not hasattr(mmap, "MADV_DONTNEED"):
            return
        first, last = self._extent(expert)
        self._map.madvise(mmap.MADV_DONTNEED, first, last - first)

    def _extent(self, expert: int) -> tuple[int, int]:
        """Bytes of the file that reading a row may map, from and to."""
        start = self.header.offset + expert * self._stride
        end = -(-(start + self._stride) // PAGES) * PAGES
        return start // PAGES * PAGES, min(len(self._map), end)
