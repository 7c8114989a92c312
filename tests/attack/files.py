"""Hostile files and folders: each a name and a function that writes it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import attrs

from attack.hostile.binaries import binaries
from attack.hostile.formats import BIG
from attack.hostile.packed import packed
from attack.hostile.places import places
from attack.hostile.texts import texts
from attack.hostile.trees_and_graphs import trees_and_graphs

Writer = Callable[[Path], None]


@attrs.frozen
class Hostile:
    """One hostile file."""

    name: str
    """Its file name; the part before the first dot says what is wrong with it."""
    write: Writer


def hostile_files() -> list[Hostile]:
    """Return all of them, in a fixed order."""
    return [
        *(Hostile(name, _bytes(content)) for name, content in texts()),
        *(Hostile(name, _bytes(content)) for name, content in trees_and_graphs()),
        *(Hostile(name, _bytes(content)) for name, content in binaries()),
        *(Hostile(name, _later(make)) for name, make in packed()),
        *(Hostile(name, write) for name, write in places()),
    ]


def mutated(path: Path, seed: int) -> bytes:
    """Return a file's content with something wrong: bytes changed, lost, doubled or swapped."""
    draw = random.Random(f"{path.name}/{seed}")
    content = bytearray(path.read_bytes()[:BIG])
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(max(1, len(content)))
        length = draw.randint(1, max(1, len(content) // 4))
        kind = draw.randrange(5)
        if kind == 0:
            content[at : at + 1] = bytes([draw.randrange(256)])
        elif kind == 1:
            del content[at : at + length]
        elif kind == 2:
            content[at:at] = content[at : at + length]
        elif kind == 3:
            content[at:at] = draw.choice(SEASONING)
        else:
            content = content[:at]
    return bytes(content)


SEASONING = (
    *(b"\0", b"\xff\xfe", b'"', b"\n\n", b",,,,", b"\t", b"nan", b"1e999", b"-", b"[" * 50),
    *(b"9" * 5000, "\u202e".encode(), b"\x1b[31m", b"\r", b"{", b";", b"<!ENTITY"),
)


def _bytes(content: bytes) -> Writer:
    return lambda path: _written(path, content)


def _later(make: Callable[[], bytes]) -> Writer:
    return lambda path: _written(path, make())


def _written(path: Path, content: bytes) -> None:
    path.write_bytes(content)
