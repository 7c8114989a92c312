"""Every hostile file with every option that names a file: the cases, in a fixed order."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import attrs

from attack.execution import Outcome, among_own, attempt
from attack.files import Hostile, Writer, hostile_files, mutated
from attack.methods import Surface, as_setting, example_data, surfaces

MUTANTS = 3
"""Mutants of every example's data file."""


@attrs.frozen
class Case:
    """One hostile file for one option."""

    surface: Surface
    hostile: Hostile

    def __str__(self) -> str:
        name = self.hostile.name
        shown = name if len(name) < 40 else f"{name[:36]}..."
        return f"{self.surface.method} {self.surface.option} {shown}"


def all_cases() -> list[Case]:
    """Return all cases: main options meet every file, the others every sixth."""
    files = [*hostile_files(), *_mutants()]
    cases = []
    for surface in surfaces():
        step = 1 if surface.option == "data.path" else 6
        cases += [Case(surface, each) for each in files[::step]]
    return cases


def some_cases(share: int, seed: int) -> list[Case]:
    """Return one in ``share`` of the cases, of each method alike."""
    cases = all_cases()
    draw = random.Random(seed)
    chosen: list[Case] = []
    for _, group in groupby(cases, key=lambda case: case.surface.method):
        own = list(group)
        chosen += own if share == 1 else draw.sample(own, max(1, len(own) // share))
    return chosen


def try_cases(cases: list[Case], tell: Callable[[Case, Outcome], None]) -> list[Outcome]:
    """Try cases, those of a plugin together; ``tell`` hears of each as it is done."""
    found: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="geoframe-attack-") as temporary:
        for package, group in groupby(cases, key=lambda case: case.surface.package):
            own = list(group)

            def work(own: list[Case] = own, package: str = package) -> list[Outcome]:
                outcomes = []
                for number, case in enumerate(own):
                    folder = Path(temporary) / f"{package}-{number}"
                    outcomes.append(try_case(case, folder))
                    tell(case, outcomes[-1])
                return outcomes

            found += among_own(package, work)
    return found


def try_case(case: Case, folder: Path) -> Outcome:
    """Write the file into an empty folder and run the method on it."""
    folder.mkdir()
    try:
        path = folder / "given"
        path.mkdir()
        target = path / case.hostile.name
        if len(case.hostile.name) < 255:
            case.hostile.write(target)
        value: object = [str(target)] if case.surface.several else str(target)
        settings = [*case.surface.base, (case.surface.option, value)]
        words = [word for key, each in settings for word in as_setting(key, each)]
        outcome = attempt(["run", case.surface.method, "--run-dir", "run", *words], folder)
        if any(list(folder.glob(place)) for place in ("ran", "*/ran", "given/*/ran")):
            return attrs.evolve(outcome, text=f"{outcome.text}\nInternal error: code ran")
        return outcome
    finally:
        _remove(folder)


def _mutants() -> Iterator[Hostile]:
    for path in example_data():
        for seed in range(MUTANTS):
            yield Hostile(f"mutant-{seed}-{path.name}", _mutant(path, seed))


def _mutant(path: Path, seed: int) -> Writer:
    return lambda target: target.write_bytes(mutated(path, seed))


def _remove(folder: Path) -> None:
    """Remove a folder, however deep: rmtree alone gives up after a thousand levels."""
    try:
        shutil.rmtree(folder)
    except (RecursionError, OSError):
        subprocess.run(["rm", "-rf", str(folder)], check=True)
