"""The kind of a file: by what it holds, then by the end of its name. Torch-free."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import TypeVar

from geoframe.errors import DataError
from geoframe_data.files import UserFile

Format = TypeVar("Format", bound=str)

MAGIC: Mapping[bytes, str] = {
    b"PAR1": "parquet",
    b"ARROW1": "feather",
    b"FEA1": "feather",
    b"\x93NUMPY": "npy",
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
    b"BM": "image",
    b"II*\0": "image",
    b"MM\0*": "image",
    b"\x89HDF": "hdf5",
}
"""First bytes of a binary file -> its kind."""
SHEETS = ("xl/", "[Content_Types].xml", "docProps/", "_rels/")
"""How files within a spreadsheet may be called; any of them may come first."""
SAMPLED = 2**16
"""Bytes of a text that are looked at."""
MARKS: Mapping[str, re.Pattern[str]] = {
    "nexus": re.compile(r"\s*#nexus", re.IGNORECASE),
    "graphml": re.compile(r"\s*<(?:.*?<)??graphml[\s>]", re.DOTALL),
    "xml": re.compile(r"\s*<[?!a-zA-Z]"),
    "json": re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{])"),
    "mtx": re.compile(r"%%MatrixMarket\b", re.IGNORECASE),
    "konect": re.compile(r"%\s*(?:sym|asym|bip)\b"),
    "gml": re.compile(r"(?:\s*(?:#.*|creator .*|version .*))*\s*graph\s*\[", re.IGNORECASE),
}
"""Kind of a text -> how it begins."""


def content_kind(file: UserFile) -> str | None:
    """Kind that the content shows: of MAGIC or MARKS, ``npz``, ``xlsx``, ``newick``, or None."""
    content = file.content
    for magic, kind in MAGIC.items():
        if content.startswith(magic):
            return kind
    if content.startswith(b"PK\x03\x04"):
        return _zip_kind(content)
    begin = content[:SAMPLED].decode("utf-8-sig", "ignore")
    for kind, mark in MARKS.items():
        if mark.match(begin):
            return kind
    is_tree = begin.lstrip().startswith("(") and content.rstrip().endswith(b";")
    return "newick" if is_tree else None


def _zip_kind(content: bytes) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (OSError, ValueError, zipfile.BadZipFile):  # damaged, or the beginning of one
        length = int.from_bytes(content[26:28], "little")
        names = [content[30 : 30 + length].decode("utf-8", "replace")]
    if names and all(name.endswith(".npy") for name in names):
        return "npz"
    return "xlsx" if any(name.startswith(SHEETS) for name in names) else "zip"


def format_of(
    file: UserFile, suffixes: Mapping[str, Format], *, wanted: str | None = None
) -> Format:
    """Tell the format of a file: what the user said, what it holds, or how its name ends.

    Parameters
    ----------
    suffixes
        Suffix, with its dot -> format, of those that the caller can read.
    wanted
        The user's ``data.format``; None or ``auto`` finds it out.

    Raises
    ------
    DataError
        If the caller cannot read it.
    """
    known = {str(each): each for each in suffixes.values()}
    if wanted not in (None, "auto"):
        if wanted not in known:
            raise DataError(
                f"{file.path}: data.format = '{wanted}' does not hold what is needed here; "
                f"readable are: {', '.join(known)}"
            )
        return known[wanted]
    kind = content_kind(file)
    by_suffix = suffixes.get(file.suffix)
    if kind in known:
        return known[str(kind)]
    if kind is not None and (by_suffix is None or _is_binary(kind)):
        readable = ", ".join(dict.fromkeys(known))
        raise DataError(f"{file.path}: is a file of kind {kind}; readable are: {readable}")
    if by_suffix is None:
        raise DataError(
            f"{file.path}: neither content nor the suffix '{file.suffix}' tells the format; set "
            f"data.format (known suffixes: {', '.join(suffixes)})"
        )
    return by_suffix


def _is_binary(kind: str) -> bool:
    return kind in (*MAGIC.values(), "npz", "xlsx", "zip")
