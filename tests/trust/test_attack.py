"""A seeded share of what ``make attack`` does: hostile files, and damage of a finished run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ATTACK = Path(__file__).parents[1] / "attack"
SHARE = 60
"""One in so many of the hostile files, of every method some."""

pytestmark = pytest.mark.slow


def attack(*arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, str(ATTACK), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}{done.stderr[-1000:]}"


@pytest.mark.xfail(
    reason="a table of 100,000 columns takes 1.3 GiB before it is refused, and the whole set was "
    "not yet tried over every method",
    strict=False,
)
def test_hostile_files_are_refused_in_a_few_lines():
    attack("--share", SHARE, "--damages", 0, "--kills", 0, "--signals", 0, "--seed", 1)


def test_sixty_damages_of_a_finished_run(finished_run, tmp_path, monkeypatch):
    """Every file of a run of the toy method in turn; opened in this process."""
    monkeypatch.setenv("GEOFRAME_DISABLE_PLUGINS", "all")
    monkeypatch.syspath_prepend(str(ATTACK.parent))
    from attack.damage import damages, inflict

    from geoframe import GeoframeError
    from geoframe_registry.runs import open_run

    def used(path: Path) -> tuple[object, ...]:
        run = open_run(path)
        model = {name: each.tolist() for name, each in run.load().state_dict().items()}
        return model, run.results, list(run.metrics()), run.read_figures()

    before = used(finished_run)
    told = harmless = 0
    for number, damage in enumerate(damages(finished_run, 60, seed=0)):
        copy = Path(shutil.copytree(finished_run, tmp_path / f"copy-{number}"))
        inflict(damage, copy, finished_run)
        try:
            after = used(copy)
        except GeoframeError:
            told += 1
        else:
            assert after == before, damage
            harmless += 1
    assert told >= 20
    assert harmless >= 20  # report, card, checkpoints: not used again
