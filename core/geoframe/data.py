"""Reading users' files: one clear line for whatever is wrong with them. Torch-free."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from geoframe.errors import DataError
from geoframe.text import one_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

Format = TypeVar("Format", bound=str)

VARIABLE = "GEOFRAME_DATA"
"""Environment variable that names the folder of stored data sets."""
MAX_BYTES = 2**31
"""Bytes that a user's file may have, unless the reader allows more."""
UNPACKED_RATIO = 40
UNPACKED_LEAST = 2**28
"""Bytes that any packed file may unpack to; above, no more than the ratio times its own size."""
MAX_SHOWN = 60
"""Characters of a user's text that a message repeats."""
MAX_LISTED = 10
"""Names that a message lists."""


class EmptyFile(DataError):
    """The file has nothing but blanks."""


def read_bytes(path: Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Read a user's file: a regular one, of a bounded size.

    Raises
    ------
    DataError
        If it is missing, a folder, a device or a pipe, too large, or not readable.
    EmptyFile
        If it is empty.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise DataError(f"{path}: is a folder; name a file in it")
        if not stat.S_ISREG(found.st_mode):
            raise DataError(f"{path}: is a device or a pipe; write the data to a file first")
        if found.st_size > max_bytes:
            raise DataError(f"{path}: has {found.st_size} bytes; at most {max_bytes} are read")
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{shown(path)}: cannot be read: {error.strerror}") from None
    except ValueError:  # a null character in the name
        raise DataError(f"{shown(repr(str(path)))}: is no name of a file") from None
    if not content.strip():
        raise EmptyFile(f"{path}: the file is empty")
    return content


def decode(path: Path, content: bytes) -> str:
    """Decode UTF-8 text, with or without a byte order mark.

    Raises
    ------
    DataError
        Naming the line of the first byte that is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}:{line}: not UTF-8 text; save the file as UTF-8") from None


def read_text(path: Path) -> str:
    """Read a user's UTF-8 text; raises as :func:`read_bytes` and :func:`decode` do."""
    return decode(path, read_bytes(path))


def unpacked_bound(packed: int, max_bytes: int = MAX_BYTES) -> int:
    """Bytes that a file of ``packed`` bytes may unpack to: a small one to no gigabytes, unasked."""
    if max_bytes != MAX_BYTES:  # the user's own
        return max_bytes
    return min(max_bytes, max(UNPACKED_LEAST, UNPACKED_RATIO * packed))


def load_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Load all arrays of an npz file; Python objects in it are refused, never unpickled.

    Raises
    ------
    DataError
        If it is missing, damaged, another kind of file, unpacks to more than
        :func:`unpacked_bound`, or holds objects.
    """
    import numpy as np

    content = read_bytes(path)
    if content.startswith(b"\x93NUMPY"):
        raise DataError(f"{path}: holds a single array; save named arrays with numpy.savez")
    if not content.startswith(b"PK"):
        raise DataError(f"{path}: not an npz file; save named arrays with numpy.savez")
    try:
        archive = np.load(BytesIO(content), allow_pickle=False)
        bound = unpacked_bound(len(content))
        if sum(entry.file_size for entry in archive.zip.infolist()) > bound:
            raise DataError(f"unpacks to more than {bound} bytes")
        return {key: archive[key] for key in archive.files}
    except Exception as error:  # a damaged archive makes zipfile, zlib and numpy raise anything
        reason = shown(error)
        if "allow_pickle" in str(error):
            reason = (
                "it holds pickled Python objects, which are never loaded; save plain arrays "
                "(names as str) with numpy.savez"
            )
        raise DataError(f"{path}: not a readable npz file: {reason}") from None


def is_number(text: str) -> bool:
    """Whether a cell of a text file is a number (NaN and infinity are)."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def shown(text: object) -> str:
    """Return a user's text on one line, cut short if it is long."""
    plain = one_line(str(text))
    return plain if len(plain) <= MAX_SHOWN else f"{plain[: MAX_SHOWN - 1]}…"


def listed(names: Sequence[str]) -> str:
    """List names in a message, the first ten of them."""
    more = f", ... ({len(names)} in all)" if len(names) > MAX_LISTED else ""
    return ", ".join(shown(name) for name in names[:MAX_LISTED]) + more


def stored_file(folder: str, file: str, root: Path | None = None) -> Path:
    """Return ``root / file``, or ``$GEOFRAME_DATA / folder / file`` if ``root`` is None.

    Raises
    ------
    DataError
        If it is not there.
    """
    remedy = f"set {VARIABLE} to the folder that holds {folder}/, or data.dataset.root to {folder}/"
    if root is None:
        data = os.environ.get(VARIABLE)
        if not data:
            raise DataError(f"dataset file {folder}/{file}: {VARIABLE} is not set; {remedy}")
        root = Path(data) / folder
    path = root / file
    if not path.is_file():
        raise DataError(f"{path}: no such dataset file; {remedy}")
    return path
