"""Damaging, killing and interrupting real runs of every installed method."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import attrs

from attack.damage import content_of, damages, inflict, opened
from attack.execution import Outcome, attempt, ended, start
from attack.methods import Surface

MOMENTS = 5
"""One in so many kills is not at a random moment but at the end, as the result is written."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)


@attrs.frozen
class Trial:
    """What came of one damage, kill or signal."""

    method: str
    kind: str
    """``damage``, ``kill`` or ``signal``."""
    what: str
    outcome: str
    """``told``, ``harmless``, ``equal``, or what is wrong."""

    @property
    def fell(self) -> bool:
        """Whether it is not as promised."""
        return self.outcome not in ("told", "harmless", "equal")


@attrs.frozen
class Runs:
    """Runs of a method in a folder: an undisturbed one, and how long it took."""

    surface: Surface
    folder: Path
    whole: Path
    seconds: float

    @classmethod
    def begin(cls, surface: Surface, folder: Path) -> Runs | Outcome:
        """Carry the undisturbed run out; return its outcome if it fell."""
        whole = folder / "whole"
        started = time.monotonic()
        outcome = attempt(_command(surface, whole), folder)
        if outcome.code != 0:
            return outcome
        return cls(surface, folder, whole, time.monotonic() - started)

    def damage(self, number: int, seed: int) -> Iterator[Trial]:
        """Damage copies of the finished run and use them."""
        folder = self.folder / "opened"
        other = self.folder / "other"
        attempt(_command(self.surface, other, seed=1), self.folder)
        spare = Path(shutil.copytree(self.whole, self.folder / "spare"))
        _, before = opened(spare, folder)
        for damage in damages(self.whole, number, seed):
            shutil.rmtree(spare)
            shutil.copytree(self.whole, spare)
            if not inflict(damage, spare, other):
                continue
            outcome, after = opened(spare, folder)
            if outcome.faults:
                told = ", ".join(outcome.faults)
            else:
                told = "told" if outcome.code == 2 else "harmless" if after == before else "used"
            yield Trial(self.surface.method, "damage", str(damage), told)
        shutil.rmtree(spare)

    def kill(self, number: int, seed: int) -> Iterator[Trial]:
        """Kill runs, every third of them twice, and let them go on."""
        draw = random.Random(f"{self.surface.method}/{seed}")
        for at in range(number):
            run = self.folder / f"killed-{at}"
            for _ in range(1 + (at % 3 == 2)):
                child = start(_command(self.surface, run), self.folder)
                if at % MOMENTS == MOMENTS - 1:
                    _wait(child, 4 * self.seconds, (run / "results.json").exists)
                else:
                    _wait(child, self.seconds * draw.uniform(0, 1))
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            yield Trial(self.surface.method, "kill", str(at), self._goes_on(run))

    def interrupt(self, number: int, seed: int) -> Iterator[Trial]:
        """Send SIGTERM and SIGINT in turn: exit code 0 or 130, one line, and the run goes on."""
        draw = random.Random(f"{self.surface.method}/{seed}/signals")
        for at in range(number):
            run = self.folder / f"interrupted-{at}"
            sent = SIGNALS[at % len(SIGNALS)]
            child = start(_command(self.surface, run), self.folder)
            _wait(child, 60.0, partial(_is_caught, child, sent))
            _wait(child, self.seconds * draw.uniform(0, 1))
            os.kill(child, sent)
            outcome = ended(child, self.folder)
            # A run that had ended told where it is; what stopped says so.
            told = [line for line in outcome.text.splitlines() if outcome.code != 0 and line]
            if outcome.code not in (0, 130) or len(told) > 1:
                found = f"exit code {outcome.code}, {len(told)} lines: {outcome.text[-200:]}"
            else:
                found = self._goes_on(run)
            yield Trial(self.surface.method, "signal", f"{sent.name} {at}", found)

    def _goes_on(self, run: Path) -> str:
        outcome = attempt(_command(self.surface, run), self.folder)
        try:
            if outcome.code != 0:
                return f"exit code {outcome.code}: {outcome.text[-200:]}"
            before, after = content_of(self.whole), content_of(run)
            changed = sorted(
                key for key in before.keys() | after if before.get(key) != after.get(key)
            )
            return "another result: " + ", ".join(changed) if changed else "equal"
        finally:
            shutil.rmtree(run, ignore_errors=True)


def _command(surface: Surface, run: Path, seed: int = 0) -> list[str]:
    return [*surface.run(run, ("seed", seed)), "--quiet", "--resume"]


def _wait(child: int, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """Wait for a state, for the end of a process, or for some time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not until():
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.001)


def _is_caught(child: int, number: int) -> bool:
    """Whether a process has set up what it does about a signal."""
    status = Path(f"/proc/{child}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (number - 1) & 1)
