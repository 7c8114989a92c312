"""Every hostile file with every option and verb that takes a file: the cases, in a fixed order."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby
from pathlib import Path

import attrs

from attack.execution import Outcome, among_own, attempt, in_child
from attack.files import Hostile, Writer, hostile_files, mutated
from attack.methods import APPLY, Surface, example_data
from attack.surfaces import surfaces

MUTANTS = 3
"""Mutants of every example's data file."""
FRESH = 100
"""One case in so many is a process that begins with nothing imported."""
TRAINS = {
    (method, "data.path", name)
    for method in ("hnn", "nst", "snowflake")
    for name in ("star.nwk", "deep.nwk")
}
"""Left out: sound files of 100,000 nodes, which methods train on: over 40 s and up to 3 GiB."""
VERBS = (
    ("report", "{run}"),
    ("export", "{run}", "-o", "{run}-exported"),
    ("sample", "{run}", "-n", "2", "-o", "{run}-sampled"),
    ("runs", "{run}", "--json"),
    ("config", "show", "{method}", "--config", "{run}/config.toml"),
)
"""What is done with every finished run."""


@attrs.frozen
class Case:
    """One hostile file for one option."""

    surface: Surface
    hostile: Hostile
    fresh: bool = False
    """Whether it is tried in a process that imports everything itself."""

    def __str__(self) -> str:
        name = self.hostile.name
        shown = name if len(name) < 40 else f"{name[:36]}..."
        return f"{self.surface.method} {self.surface.option} {shown}"


def all_cases() -> list[Case]:
    """Return all cases: what a method is for meets every file, other options some of them."""
    files = [*hostile_files(), *_mutants()]
    assert len({each.name for each in files}) == len(files)
    cases = []
    for number, surface in enumerate(surfaces()):
        met = files[number % surface.step :: surface.step]
        place = (surface.method, surface.option)
        cases += [Case(surface, each) for each in met if (*place, each.name) not in TRAINS]
    return [attrs.evolve(case, fresh=at % FRESH == 0) for at, case in enumerate(cases, 1)]


def some_cases(share: int, seed: int) -> list[Case]:
    """Return one in ``share`` of the cases, of each method alike."""
    cases = all_cases()
    draw = random.Random(seed)
    chosen: list[Case] = []
    for _, group in groupby(cases, key=lambda case: case.surface.method):
        own = list(group)
        chosen += own if share == 1 else draw.sample(own, max(1, len(own) // share))
    return chosen


def try_cases(
    cases: list[Case], tell: Callable[[Case, Outcome], None], jobs: int = 1
) -> list[tuple[Case, Outcome]]:
    """Try cases, those of a plugin together and ``jobs`` at once.

    An option that is not looked at, so that even a file that is not there is no matter, has fallen
    in its first case, and others of it are left out. ``tell`` hears of each case as it is done.
    """
    found: list[tuple[Case, Outcome]] = []
    with tempfile.TemporaryDirectory(prefix="geoframe-attack-") as temporary:
        (Path(temporary) / "files").mkdir()
        for package, group in groupby(cases, key=lambda case: case.surface.package):
            own = list(group)

            def work(own: list[Case] = own) -> list[tuple[int, Outcome]]:
                bench = Bench(Path(temporary))
                surfaces = {case.surface for case in own}
                for surface in surfaces:
                    if surface.option == APPLY:
                        bench.finish_a_run(surface)
                missing = {surface: bench.attempt_nothing(surface) for surface in surfaces}

                def attempted(at: int) -> tuple[int, Outcome]:
                    unseen = missing[own[at].surface]
                    outcome = unseen if unseen.faults else bench.attempt(own[at])
                    tell(own[at], outcome)
                    return at, outcome

                with ThreadPoolExecutor(jobs) as pool:
                    places = [case.surface for case in own]
                    tried = (
                        at
                        for at, place in enumerate(places)
                        if not missing[place].faults or places.index(place) == at
                    )
                    return list(pool.map(attempted, tried))

            found += [(own[at], outcome) for at, outcome in among_own(package, work)]
    return found


@attrs.frozen
class Bench:
    """Where cases are tried: hostile files and finished runs are made once."""

    folder: Path
    _runs: dict[str, Path | Outcome] = attrs.field(factory=dict)

    def attempt_nothing(self, surface: Surface) -> Outcome:
        """Run the command on a file that is not there, which it has to miss."""
        outcome = self.attempt(Case(surface, Hostile("nowhere", lambda path: None)))
        if outcome.code != 0:
            return outcome
        return attrs.evolve(outcome, text=f"{outcome.text}\nInternal error: it was not looked at")

    def attempt(self, case: Case) -> Outcome:
        """Lay the file into an empty folder and run the command on it."""
        run = self._runs.get(case.surface.method)
        if isinstance(run, Outcome):
            return run
        here = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            target = here / "given" / case.hostile.name
            target.parent.mkdir()
            if len(case.hostile.name) < 255:
                self._lay(case.hostile, target)
            outcome = attempt(case.surface.command(target, run), here, fresh=case.fresh)
            if any(list(here.glob(place)) for place in ("ran", "*/ran", "given/*/ran")):
                return attrs.evolve(outcome, text=f"{outcome.text}\nInternal error: code ran")
            return outcome
        finally:
            _remove(here)

    def finish_a_run(self, surface: Surface) -> None:
        """Carry out a run that cases can be applied to, and try every verb on it."""
        path = self.folder / f"finished-{surface.method}"
        self._runs[surface.method] = path
        outcome = attempt(surface.run(path), self.folder)
        if outcome.code != 0 or outcome.faults:
            self._runs[surface.method] = outcome
        for verb in VERBS:
            words = [word.format(run=path, method=surface.method) for word in verb]
            outcome = attempt(words, self.folder)
            if outcome.faults:
                self._runs[surface.method] = outcome

    def _lay(self, hostile: Hostile, target: Path) -> None:
        store = self.folder / "files" / hostile.name
        if store.exists():
            os.link(store, target)
            return
        in_child(lambda: hostile.write(target))  # what it takes is not counted below
        if os.path.lexists(target) and stat.S_ISREG(target.lstat().st_mode):
            with suppress(FileExistsError):  # another thread was faster
                os.link(target, store)


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
