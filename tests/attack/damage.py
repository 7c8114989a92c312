"""Damage of run directories: each is told, or changes nothing."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import attrs

from attack.execution import Outcome, attempt

MEASURED = {"second", "seconds", "milliseconds", "memory"}
"""Words in the names of metrics of the machine; no two runs have the same."""


@attrs.frozen
class Damage:
    """One thing done to one file of a run."""

    kind: str
    file: str
    seed: int

    def __str__(self) -> str:
        return f"{self.kind} {self.file}"


def flip(path: Path, other: Path, draw: random.Random) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes())
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content)


def cut(path: Path, other: Path, draw: random.Random) -> None:
    """Lose the end."""
    content = path.read_bytes()
    path.write_bytes(content[: draw.randrange(len(content))])


def add(path: Path, other: Path, draw: random.Random) -> None:
    """Get something more at the end."""
    path.write_bytes(path.read_bytes() + draw.choice((b"\0", b" ", b"1", b"{}\n")))


def lose(path: Path, other: Path, draw: random.Random) -> None:
    """Be lost."""
    path.unlink()


def empty(path: Path, other: Path, draw: random.Random) -> None:
    """Be emptied."""
    path.write_bytes(b"")


def exchange(path: Path, other: Path, draw: random.Random) -> None:
    """Be the file of another run."""
    shutil.copyfile(other, path)


KINDS: dict[str, Callable[[Path, Path, random.Random], None]] = {
    each.__name__: each for each in (flip, cut, add, lose, empty, exchange)
}


def damages(run: Path, number: int, seed: int) -> list[Damage]:
    """Choose what is done to a run: every file in turn, and every kind."""
    files = sorted(
        path.relative_to(run).as_posix()
        for path in run.rglob("*")
        if path.is_file() and path.name != ".lock" and path.stat().st_size
    )
    every = [(kind, file) for file in files for kind in KINDS]
    random.Random(seed).shuffle(every)
    return [Damage(kind, file, seed + at) for at, (kind, file) in enumerate(every[:number])]


def inflict(damage: Damage, run: Path, other: Path) -> bool:
    """Do it to ``run``, with ``other`` for the exchange; tell whether anything changed."""
    path = run / damage.file
    before = path.read_bytes()
    source = other / damage.file
    if damage.kind == "exchange" and not source.exists():
        return False
    KINDS[damage.kind](path, source, random.Random(damage.seed))
    return not path.exists() or path.read_bytes() != before


def opened(run: Path, folder: Path) -> tuple[Outcome, object]:
    """Export and report a finished run; return the worse outcome and everything that came out."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    exported = attempt(["export", str(run), "-o", "exported"], folder)
    if exported.code != 0 and "has nothing to export" not in exported.text:
        return exported, None
    reported = attempt(["report", str(run), "--json"], folder)
    written = attempt(["report", str(run)], folder)
    report = run / "report.html"
    return (
        max((reported, written), key=lambda each: each.code),
        (
            {
                path.relative_to(folder): path.read_bytes()
                for path in sorted((folder / "exported").rglob("*"))
                if path.is_file() and path.name != "manifest.json"
            },
            reported.text,
            _pictures(report.read_text()) if report.exists() else None,
        ),
    )


def content_of(run: Path) -> dict[str, object]:
    """Return what a run came to: numbers, and tensors and curves to the bit."""
    content = _repeatable(json.loads((run / "results.json").read_text())["metrics"])
    for path in run.rglob("*"):
        name = path.relative_to(run).as_posix()
        if path.name == "metrics.jsonl":
            content[name] = [_repeatable(json.loads(line)) for line in path.open()]
        elif path.suffix == ".safetensors" and "checkpoints" not in path.parts:
            content[name] = path.read_bytes()
    return content


def _repeatable(metrics: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in metrics.items() if MEASURED.isdisjoint(key.split("_"))}


def _pictures(report: str) -> str:
    """Return a report without the manifest at its end, which tells when it was written."""
    return report.partition("<h2>Provenance</h2>")[0]
