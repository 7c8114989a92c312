"""Bytes of a user's file: bounded, decompressed, decoded. Torch-free."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from geoframe.data import shown
from geoframe.errors import DataError

MAX_BYTES = 2 * 2**30
"""Bytes that a file may have, packed or unpacked, unless ``data.max_bytes`` says otherwise."""
BLOCK = 2**20
COMPRESSION_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")
MAGIC: Mapping[bytes, str] = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}
"""First bytes of a packed file -> how it is packed."""
DAMAGED = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, lzma.LZMAError)
"""What unpacking raises for damaged files, besides ``zlib.error``."""
UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@attrs.frozen(eq=False)
class UserFile:
    """A file that was read and unpacked."""

    path: Path
    content: bytes
    """Its bytes, decompressed."""
    suffix: str
    """Ending of its name in small letters, without that of a compression: ``.csv``."""

    def text(self) -> str:
        """Return the text: UTF-8, with or without byte order mark, or UTF-16 with one.

        Raises
        ------
        DataError
            Naming the line of the first byte that is neither, or saying that it is no text.
        """
        return decode(self.path, self.content)


def open_file(path: Path, *, max_bytes: int = MAX_BYTES) -> UserFile:
    """Read a regular file; what is packed (gzip, bzip2, xz, zstd, a zip of one file) is unpacked.

    How it is packed is told by its first bytes, whatever its name. A zip archive of several
    files, or of one array (npz), is left as it is.

    Raises
    ------
    DataError
        If it is missing, empty, damaged, too large, or no regular file.
    """
    content = _regular(path, max_bytes)
    suffix = plain_suffix(path.name)
    packed = next((name for magic, name in MAGIC.items() if content.startswith(magic)), None)
    if packed == "zip":
        content, inner = _unzipped(path, content, max_bytes)
        suffix = suffix if inner is None else plain_suffix(inner)
    elif packed is not None:
        content = _unpacked(path, packed, content, max_bytes)
    if not content.strip():
        raise DataError(f"{path}: the file is empty")
    return UserFile(path, content, suffix)


def _regular(path: Path, max_bytes: int) -> bytes:
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise DataError(f"{path}: is a folder; name a file in it")
        if not stat.S_ISREG(found.st_mode):
            raise DataError(f"{path}: is a device or a pipe; write the data to a file first")
        if found.st_size > max_bytes:
            raise too_large(path, max_bytes)
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:  # a null character in the name
        raise DataError(f"{shown(repr(str(path)))}: is no name of a file") from None


def too_large(path: Path, max_bytes: int) -> DataError:
    """Return the error about a file with more than ``max_bytes`` bytes."""
    return DataError(
        f"{path}: has more than {max_bytes} bytes (unpacked); data.max_bytes allows more"
    )


def _unpacked(path: Path, packed: str, content: bytes, max_bytes: int) -> bytes:
    source = io.BytesIO(content)
    openers: Mapping[str, Callable[..., Any]] = {
        "gzip": gzip.open,
        "bzip2": bz2.open,
        "xz": lzma.open,
        "zstd": partial(_zstd, path),
    }
    return _drained(path, partial(openers[packed], source), packed, max_bytes)


def _zstd(path: Path, source: BinaryIO) -> Any:
    import pyarrow as pa

    if not pa.Codec.is_available("zstd"):
        raise DataError(
            f"{path}: is packed with zstd, which this pyarrow cannot read; pip install -U pyarrow"
        )
    return pa.CompressedInputStream(source, "zstd")


def _unzipped(path: Path, content: bytes, max_bytes: int) -> tuple[bytes, str | None]:
    """Content and name of the only file of an archive; an npz or xlsx stays as it is."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        files = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (*DAMAGED, zlib.error) as error:
        raise DataError(f"{path}: is a damaged zip archive: {shown(error)}") from None
    # macOS adds a hidden twin of each file.
    files = [entry for entry in files if not entry.filename.startswith("__MACOSX/")]
    if len(files) != 1 or files[0].filename.endswith(".npy"):
        return content, None
    inner = files[0]
    return _drained(path, partial(archive.open, inner), "zip", max_bytes), inner.filename


def _drained(path: Path, opener: Callable[[], Any], packed: str, max_bytes: int) -> bytes:
    blocks, size = [], 0
    try:
        with opener() as stream:
            while block := stream.read(BLOCK):
                size += len(block)
                if size > max_bytes:
                    raise too_large(path, max_bytes)
                blocks.append(block)
    except (*DAMAGED, zlib.error) as error:
        raise DataError(f"{path}: cannot be unpacked ({packed}): {shown(error)}") from None
    return b"".join(blocks)


def decode(path: Path, content: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark, or UTF-16 with one.

    Raises
    ------
    DataError
        Naming the line of the first byte that fits neither.
    """
    encoding = UTF16.get(content[:2], "utf-8-sig")
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "ignore")
        line = before.count("\n") + 1
        if encoding == "utf-8-sig" and b"\0" in content[:BLOCK]:
            raise DataError(f"{path}: is a binary file, not text; set data.format") from None
        raise DataError(
            f"{path}:{line}: not UTF-8 text (or UTF-16 with a byte order mark); save the file as "
            "UTF-8"
        ) from None
    if "\0" in text:
        raise DataError(f"{path}: is a binary file, not text; set data.format")
    return text


def plain_suffix(name: str) -> str:
    """Ending of a file's name in small letters, without that of a compression."""
    name = name.lower()
    for packed in COMPRESSION_SUFFIXES:
        name = name.removesuffix(packed)
    return os.path.splitext(name)[1]
