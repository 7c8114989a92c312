"""Damaging and killing real runs of every installed method."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs

from attack.damage import damages, ended, inflict, opened
from attack.methods import as_setting, base_of
from geoframe_registry.discovery import components


@attrs.frozen
class Trial:
    """What came of one damage, or of one kill."""

    method: str
    what: str
    outcome: str
    """``told``, ``harmless``, ``equal``, or what is wrong."""

    @property
    def fell(self) -> bool:
        """Whether it is not as promised."""
        return self.outcome not in ("told", "harmless", "equal")


def command(method: str, run: Path, seed: int = 0) -> list[str]:
    """Return the command of a short run of a method."""
    [spec] = [each for each in components("method") if each.name == method]
    base = [pair for pair in base_of(spec) if pair[0] != "seed"]
    words = [word for key, value in base for word in as_setting(key, value)]
    options = ["--quiet", "--resume", "--run-dir", str(run), "--seed", str(seed)]
    return [sys.executable, "-m", "geoframe_cli", "run", method, *options, *words]


def two_runs(method: str, folder: Path) -> tuple[Path, Path, float] | None:
    """Carry out two runs that differ in the seed; None if the method has no example that runs."""
    paths = folder / "one", folder / "other"
    started = time.monotonic()
    for seed, path in enumerate(paths):
        done = subprocess.run(command(method, path, seed), capture_output=True, timeout=600)
        if done.returncode != 0:
            return None
    return (*paths, (time.monotonic() - started) / 2)


def damage_finished(method: str, one: Path, other: Path, number: int, seed: int) -> Iterator[Trial]:
    """Damage copies of a finished run and use them."""
    folder = one.parent / "opened"
    spare = shutil.copytree(one, one.parent / "spare")
    _, before = opened(spare, folder)
    for damage in damages(one, number, seed):
        shutil.rmtree(spare)
        shutil.copytree(one, spare)
        if not inflict(damage, spare, other):
            continue
        outcome, after = opened(spare, folder)
        if outcome.faults:
            told = ", ".join(outcome.faults)
        else:
            told = "told" if outcome.code == 2 else "harmless" if after == before else "used"
        yield Trial(method, str(damage), told)
    shutil.rmtree(spare)


def kill(method: str, one: Path, seconds: float, times: int, seed: int) -> Iterator[Trial]:
    """Kill runs at random moments, some of them twice, and let them go on."""
    draw = random.Random(f"{method}/{seed}")
    for number in range(times):
        run = one.parent / f"killed-{number}"
        kills = 1 + (number % 3 == 2)
        for _ in range(kills):
            process = subprocess.Popen(
                command(method, run), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                process.wait(seconds * draw.uniform(0.2, 1.0))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
        done = subprocess.run(command(method, run), capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            outcome = f"exit code {done.returncode}: {done.stderr[-200:]}"
        else:
            outcome = "equal" if ended(run) == ended(one) else "another result"
        yield Trial(method, f"kill {number}", outcome)
        shutil.rmtree(run, ignore_errors=True)
