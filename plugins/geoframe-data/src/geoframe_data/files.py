"""Bytes of a user's file: bounded, decompressed, decoded. Torch-free."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import shlex
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from geoframe.data import MAX_BYTES, shown, unpacked_bound
from geoframe.errors import DataError

BLOCK = 2**20
HEAD = 2**16
"""Bytes by which the kind of a file is told."""
COMPRESSION_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")
MAGIC: Mapping[bytes, str] = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}
"""First bytes of a packed file -> how it is packed."""
DAMAGED = (
    *(OSError, EOFError, ValueError, RuntimeError),
    *(zipfile.BadZipFile, lzma.LZMAError, zlib.error),
)
"""What unpacking raises for damaged files."""
UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
ARCHIVES = (*COMPRESSION_SUFFIXES, ".tar", ".tgz")
"""Ends of names of files that hold others."""


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
    packed = _packed(content)
    if packed == "zip":
        content, inner = _unzipped(path, content, unpacked_bound(len(content), max_bytes))
        suffix = suffix if inner is None else plain_suffix(inner)
    elif packed is not None:
        content = _unpacked(path, packed, content, unpacked_bound(len(content), max_bytes))
    if not content.strip():
        raise DataError(f"{path}: the file is empty")
    return UserFile(path, content, suffix)


def check_regular(path: Path) -> int:
    """Return the size of a regular file in bytes.

    Raises
    ------
    DataError
        If it is missing, a folder, a device or a pipe.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:  # a null character in the name
        raise DataError(f"{shown(repr(str(path)))}: is no name of a file") from None
    if stat.S_ISDIR(found.st_mode):
        raise DataError(f"{path}: is a folder; name a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{path}: is a device or a pipe; write the data to a file first")
    return found.st_size


def check_unpacked(path: Path) -> None:
    """Refuse an archive before a library unpacks it without a bound.

    Raises
    ------
    DataError
        If the name is that of one.
    """
    if path.suffix.lower() in ARCHIVES:
        raise DataError(f"{path}: is packed; unpack it, and name the file in it")


def _regular(path: Path, max_bytes: int) -> bytes:
    if check_regular(path) > max_bytes:
        raise too_large(path, max_bytes)
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def too_large(path: Path, max_bytes: int) -> DataError:
    """Return the error about a file with more than ``max_bytes`` bytes."""
    return DataError(
        f"{path}: has more than {max_bytes} bytes (unpacked); data.max_bytes allows more"
    )


@contextmanager
def open_stream(path: Path) -> Iterator[tuple[BinaryIO, str]]:
    """Open a regular file for reading piece by piece, unpacked as by :func:`open_file`.

    With it comes its name, or that of the only file of a zip archive.

    What is wrong with a packed file shows while it is read: :data:`DAMAGED`.

    Raises
    ------
    DataError
        If it is missing or no regular file.
    """
    check_regular(path)
    with ExitStack() as opened:
        stream: Any = opened.enter_context(path.open("rb"))
        name = path.name
        packed = _packed(stream.read(6))
        stream.seek(0)
        if packed == "zip":
            archive = zipfile.ZipFile(stream)
            if inner := _only_file(archive):
                stream, name = opened.enter_context(archive.open(inner)), inner.filename
            else:
                stream.seek(0)  # the archive was read from its end
        elif packed is not None:
            stream = opened.enter_context(OPENERS[packed](stream))
        yield stream, name


def read_head(path: Path) -> UserFile:
    """Read the unpacked beginning of a file, by which its kind can be told.

    Raises
    ------
    DataError
        If it is missing, empty, damaged, or no regular file.
    """
    try:
        with open_stream(path) as (stream, name):
            content = stream.read(HEAD)
    except DAMAGED as error:
        raise DataError(f"{path}: cannot be unpacked: {shown(error)}") from None
    if not content.strip():
        raise DataError(f"{path}: the file is empty")
    return UserFile(path, content, plain_suffix(name))


def _packed(begin: bytes) -> str | None:
    return next((name for magic, name in MAGIC.items() if begin.startswith(magic)), None)


def _unpacked(path: Path, packed: str, content: bytes, max_bytes: int) -> bytes:
    return _drained(path, partial(OPENERS[packed], io.BytesIO(content)), packed, max_bytes)


def _zstd(source: BinaryIO) -> Any:
    import pyarrow as pa

    if not pa.Codec.is_available("zstd"):
        raise DataError("this pyarrow cannot read zstd; pip install --upgrade pyarrow")
    return pa.CompressedInputStream(source, "zstd")


OPENERS: Mapping[str, Callable[[Any], Any]] = {
    "gzip": gzip.open,
    "bzip2": bz2.open,
    "xz": lzma.open,
    "zstd": _zstd,
}


def _unzipped(path: Path, content: bytes, max_bytes: int) -> tuple[bytes, str | None]:
    """Content and name of the only file of an archive; an npz or xlsx stays as it is."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except DAMAGED as error:
        raise DataError(f"{path}: is a damaged zip archive: {shown(error)}") from None
    inner = _only_file(archive)
    if inner is None:
        return content, None
    return _drained(path, partial(archive.open, inner), "zip", max_bytes), inner.filename


def _only_file(archive: zipfile.ZipFile) -> zipfile.ZipInfo | None:
    """The only file of an archive, if there is one and it is no array of an npz file."""
    # macOS adds a hidden twin of each file.
    files = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")
    ]
    alone = len(files) == 1 and not files[0].filename.endswith(".npy")
    return files[0] if alone else None


def _drained(path: Path, opener: Callable[[], Any], packed: str, max_bytes: int) -> bytes:
    blocks, size = [], 0
    try:
        with opener() as stream:
            while block := stream.read(BLOCK):
                size += len(block)
                if size > max_bytes:
                    raise too_large(path, max_bytes)
                blocks.append(block)
    except DAMAGED as error:
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
            f"UTF-8: iconv -f WINDOWS-1252 -t UTF-8 {shlex.quote(path.name)} > "
            f"{shlex.quote(f'utf8{path.suffix}')}"
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
