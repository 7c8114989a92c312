"""The expert pack: one safetensors file whose last tensor is the matrix of all experts.

A thousand experts as named tensors make a header that takes longer to read than any expert. One
matrix makes every expert a contiguous slice at a known offset, which can be mapped into memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe import RunError
from geoframe.run.files import explained

PACK = "experts.safetensors"
"""The pack's name in a run directory and in an export."""
MATRIX = "experts"
METADATA = "pathways"
ALIGNMENT = 64
"""Bytes; rows of the matrix start at multiples of it if their size is one."""
DTYPES = {"F64": np.float64, "F32": np.float32, "I64": np.int64, "U8": np.uint8}


@attrs.frozen(eq=False)
class PackHeader:
    """What stands before the matrix."""

    metadata: str
    arrays: Mapping[str, NDArray[np.generic]]
    """Everything but the matrix: prototypes, router, mean distances."""
    rows: int
    columns: int
    offset: int
    """Position of the matrix in the file, in bytes."""


def write_pack(
    path: Path,
    *,
    metadata: str,
    arrays: Mapping[str, NDArray[np.generic]],
    experts: Iterable[NDArray[np.float32]],
    count: int,
    columns: int,
) -> None:
    """Write a pack at once: a reader sees the old file or the new one.

    Parameters
    ----------
    experts
        Pieces ``(any, columns)`` of the matrix in order, so that it may be larger than memory.
    count, columns
        Shape of the matrix.

    Raises
    ------
    RunError
        If the disk refuses.
    """
    codes = {np.dtype(dtype): code for code, dtype in DTYPES.items()}
    header: dict[str, Any] = {"__metadata__": {METADATA: metadata}}
    position = 0
    for name, array in arrays.items():
        header[name] = _entry(codes[array.dtype], array.shape, position, array.nbytes)
        position += array.nbytes
    padding = -position % ALIGNMENT  # safetensors allows no holes: the gap is a tensor itself
    header["padding"] = _entry("U8", (padding,), position, padding)
    position += padding
    header[MATRIX] = _entry("F32", (count, columns), position, 4 * count * columns)
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 8) % ALIGNMENT)
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    with explained(path):
        try:
            with temporary.open("wb") as file:
                file.write(len(text).to_bytes(8, "little") + text)
                for array in arrays.values():
                    file.write(np.ascontiguousarray(array).tobytes())
                file.write(bytes(padding))
                written = 0
                for piece in experts:
                    file.write(np.ascontiguousarray(piece, dtype="<f4").tobytes())
                    written += len(piece)
                if written != count:
                    raise ValueError(f"{written} experts were given, {count} announced")
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise


def _entry(code: str, shape: tuple[int, ...], start: int, size: int) -> dict[str, Any]:
    return {"dtype": code, "shape": list(shape), "data_offsets": [start, start + size]}


def read_header(path: Path) -> PackHeader:
    """Read everything of a pack but the matrix.

    Raises
    ------
    RunError
        If there is no pack, or it is damaged.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length < 2**30:
                raise ValueError("it is not a safetensors file")
            header = json.loads(file.read(length))
            metadata = header.pop("__metadata__")[METADATA]
            matrix = header.pop(MATRIX)
            arrays = dict(_arrays(file, header, 8 + length))
            rows, columns = matrix["shape"]
            start = matrix["data_offsets"][0]
            offset = 8 + length + start
            size = os.fstat(file.fileno()).st_size
            whole = min(rows, columns, start) >= 0 and size >= offset + 4 * rows * columns
            if matrix["dtype"] != "F32" or not whole:
                raise ValueError("the matrix of experts is incomplete")
    except FileNotFoundError:
        raise RunError(f"{path}: no such expert pack") from None
    except (OSError, AttributeError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunError(f"{path}: cannot be read as an expert pack: {error}") from None
    return PackHeader(metadata, arrays, rows, columns, offset)


def _arrays(
    file: Any, header: Mapping[str, Any], base: int
) -> Iterator[tuple[str, NDArray[np.generic]]]:
    for name, entry in header.items():
        start, stop = entry["data_offsets"]
        file.seek(base + start)
        flat = np.frombuffer(file.read(stop - start), dtype=DTYPES[entry["dtype"]])
        if name != "padding":
            yield name, flat.reshape(entry["shape"])
