"""A seeded share of what ``make attack`` does: hostile files, and damage of a finished run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from geoframe_registry.discovery import components

ATTACK = Path(__file__).parents[1] / "attack"
PARTS = 3
"""Tests that the methods are dealt out to, for as many processes to work at once."""

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("part", range(PARTS))
def test_a_tenth_of_all_hostile_files(part):
    """And every verb on a run of every method, with an ear for what is unpickled or executed."""
    methods = ["try", "verbs", *sorted(spec.name for spec in components("method"))][part::PARTS]
    done = subprocess.run(
        [
            *(sys.executable, str(ATTACK), "--share", "10", "--seed", "1"),
            *("--jobs", "1"),
            *("--damages", "0", "--kills", "0", "--signals", "0", "--starts", "0"),
            *(word for name in methods for word in ("--method", name)),
        ],
        capture_output=True,
        text=True,
        timeout=500,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}{done.stderr[-1000:]}"


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
