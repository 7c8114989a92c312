"""Checksums of what a run keeps: damage and exchange are told, never used.

They guard against accidents, such as a flipped bit, a file copied from another run, or a number
edited by hand. They are no signature: whoever means to deceive can write them anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoframe.errors import RunError
from geoframe.run.files import jsonable

SEAL = "sha256"
"""Key of a JSON object under which the digest of all its other keys stands."""
BLOCK = 2**20


def digest(content: bytes) -> str:
    """Return the sha256 of bytes (hex)."""
    return hashlib.sha256(content).hexdigest()


def digest_of_file(path: Path) -> str:
    """Return the sha256 of a file, read in pieces.

    Raises
    ------
    RunError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from None


def digest_of_folder(folder: Path) -> str:
    """Return one sha256 of the names and contents of all files in and below a folder."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        whole.update(f"{name}\0{digest_of_file(path)}\n".encode(errors="surrogatepass"))
    return whole.hexdigest()


def sealed(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object with the digest of its other keys."""
    rest = {key: value for key, value in jsonable(table).items() if key != SEAL}
    return {**rest, SEAL: _seal(rest)}


def check_seal(path: Path, table: Mapping[str, Any]) -> None:
    """Check the digest that :func:`sealed` gave; without one nothing can be said.

    Raises
    ------
    RunError
        If the object is not what it was.
    """
    rest = {key: value for key, value in table.items() if key != SEAL}
    if SEAL in table and table[SEAL] != _seal(rest):
        raise RunError(f"{path}: is damaged, or was changed by hand: its digest does not fit")


def check_digest(path: Path, content: bytes, allowed: Any) -> None:
    """Compare the content of a file with the digests that it may have.

    Raises
    ------
    RunError
        If it has none of them.
    """
    if digest(content) not in allowed:
        raise RunError(
            f"{path}: is damaged, or not the file that this run wrote: its digest does not fit"
        )


def _seal(rest: Mapping[str, Any]) -> str:
    return digest(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode())
