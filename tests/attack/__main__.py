"""Try every hostile file, damage finished runs and kill runs of every method; print tables."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from attack.cases import Case, some_cases, try_cases
from attack.execution import Outcome, prepare
from attack.runs import Trial, damage_finished, kill, two_runs
from geoframe_registry.discovery import components


def main() -> int:
    """Try all of it and return the number of those that fell."""
    parser = argparse.ArgumentParser(prog="python tests/attack", description=__doc__)
    parser.add_argument(
        "--share", type=int, default=1, help="one in so many hostile files; 0: none"
    )
    parser.add_argument("--damages", type=int, default=12, help="damages of a run of each method")
    parser.add_argument("--kills", type=int, default=10, help="kills of runs of each method")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="only what has this in its name")
    options = parser.parse_args()
    prepare()
    fallen = _files(options) if options.share else 0
    if options.damages or options.kills:
        fallen += _runs(options)
    return min(fallen, 100)


def _files(options: argparse.Namespace) -> int:
    cases = [case for case in some_cases(options.share, options.seed) if options.only in str(case)]
    outcomes = try_cases(cases, _tell)
    rows: dict[str, list[Outcome]] = {}
    for case, outcome in zip(cases, outcomes, strict=True):
        rows.setdefault(case.surface.method, []).append(outcome)
    _print(rows)
    return sum(bool(outcome.faults) for outcome in outcomes)


def _runs(options: argparse.Namespace) -> int:
    fallen = 0
    print(
        f"{'method':<16}{'damages':>9}{'told':>9}{'harmless':>9}{'kills':>9}{'equal':>9}{'fell':>9}"
    )
    for spec in components("method"):
        if options.only not in spec.name:
            continue
        with tempfile.TemporaryDirectory(prefix="geoframe-attack-") as temporary:
            made = two_runs(spec.name, Path(temporary))
            if made is None:
                print(f"{spec.name:<16}  has no example that runs without stored data")
                continue
            one, other, seconds = made
            number, seed = options.damages, options.seed
            trials = [
                *damage_finished(spec.name, one, other, number, seed),
                *kill(spec.name, one, seconds, options.kills, seed),
            ]
        for trial in trials:
            if trial.fell:
                print(f"{trial.method} {trial.what}: {trial.outcome}", flush=True)
        fallen += sum(trial.fell for trial in trials)
        print(_line(spec.name, trials), flush=True)
    return fallen


def _line(method: str, trials: list[Trial]) -> str:
    killed = [trial for trial in trials if trial.what.startswith("kill ")]
    found = Counter(trial.outcome for trial in trials)
    return (
        f"{method:<16}{len(trials) - len(killed):>9}{found['told']:>9}{found['harmless']:>9}"
        f"{len(killed):>9}{found['equal']:>9}{sum(trial.fell for trial in trials):>9}"
    )


def _tell(case: Case, outcome: Outcome) -> None:
    if outcome.faults:
        print(f"{case}: {', '.join(outcome.faults)}")
        print("    " + "\n    ".join(outcome.text.splitlines()[-3:])[:600], flush=True)


def _print(rows: dict[str, list[Outcome]]) -> None:
    head = ("method", "cases", "refused", "used", "fell", "lines", "MiB", "CPU s")
    print(("{:<16}" + "{:>9}" * 7).format(*head))
    total = [outcome for found in rows.values() for outcome in found]
    for method, found in [*sorted(rows.items()), ("all", total)]:
        if not found:
            continue
        codes = Counter(outcome.code for outcome in found)
        refused = [outcome for outcome in found if outcome.code != 0]
        print(
            f"{method:<16}{len(found):>9}{codes[2]:>9}{codes[0]:>9}"
            f"{sum(bool(outcome.faults) for outcome in found):>9}"
            f"{max((len(each.text.splitlines()) for each in refused), default=0):>9}"
            f"{max(outcome.mib for outcome in found):>9.0f}"
            f"{max(outcome.seconds for outcome in found):>9.1f}"
        )


if __name__ == "__main__":
    sys.exit(main())
