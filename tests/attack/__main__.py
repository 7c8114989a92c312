"""Try every hostile file, damage finished runs and kill runs of every method; print tables."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from attack.cases import Case, some_cases, try_cases
from attack.execution import Outcome, among_own, prepare
from attack.methods import APPLY, Surface
from attack.runs import Runs, Trial
from attack.starts import Starts, try_starts
from attack.surfaces import surfaces

ROW = "{:<16}" + "{:>9}" * 7


def main() -> int:
    """Try all of it and return the number of those that fell."""
    parser = argparse.ArgumentParser(prog="python tests/attack", description=__doc__)
    parser.add_argument(
        "--share", type=int, default=1, help="one in so many hostile files; 0: none"
    )
    parser.add_argument("--damages", type=int, default=12, help="damages of a run of each method")
    parser.add_argument("--kills", type=int, default=10, help="kills of runs of each method")
    parser.add_argument("--signals", type=int, default=4, help="signals to runs of each method")
    parser.add_argument("--starts", type=int, default=500, help="runs started while others look")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="files tried at once")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--method", action="append", help="only this method; may be repeated")
    options = parser.parse_args()
    fallen = 0
    if options.share:
        prepare(training=False)
        fallen += _files(options)
    if options.damages or options.kills or options.signals:
        prepare(training=True)
        fallen += _runs(options)
    if options.starts:
        prepare(training=True)
        fallen += _starts(options)
    return min(fallen, 100)


def _files(options: argparse.Namespace) -> int:
    cases = [
        case
        for case in some_cases(options.share, options.seed)
        if case.surface.method in (options.method or [case.surface.method])
    ]
    tried = try_cases(cases, _tell, options.jobs)
    rows: dict[str, list[Outcome]] = {}
    for case, outcome in tried:
        rows.setdefault(case.surface.method, []).append(outcome)
    _print(rows)
    return sum(bool(outcome.faults) for _, outcome in tried)


def _runs(options: argparse.Namespace) -> int:
    fallen = 0
    columns = ("method", "damages", "told", "harmless", "kills", "signals", "equal", "fell")
    print(ROW.format(*columns))
    for surface in surfaces():
        if surface.option != APPLY or surface.method not in (options.method or [surface.method]):
            continue
        trials = among_own(surface.package, partial(_tried, surface, options))
        for trial in trials:
            if trial.fell:
                print(f"{trial.method} {trial.kind} {trial.what}: {trial.outcome}")
        fallen += sum(trial.fell for trial in trials)
        kinds = Counter(trial.kind for trial in trials)
        found = Counter(trial.outcome for trial in trials)
        row = (kinds["damage"], found["told"], found["harmless"], kinds["kill"], kinds["signal"])
        fell = sum(trial.fell for trial in trials)
        print(ROW.format(surface.method, *row, found["equal"], fell), flush=True)
    return fallen


def _starts(options: argparse.Namespace) -> int:
    """Start runs of the first method that there is, or that is named."""
    named = options.method or [each.method for each in surfaces()]
    surface = next(s for s in surfaces() if s.option == APPLY and s.method in named)

    def work() -> list[Starts]:
        with tempfile.TemporaryDirectory(prefix="geoframe-attack-") as temporary:
            return [try_starts(surface, options.starts, Path(temporary))]

    (found,) = among_own(surface.package, work)
    print(
        f"{surface.method}: {found.number} starts, {found.looks} looks of 'geoframe runs' at them, "
        f"{len(found.refused)} refused"
    )
    print(*dict.fromkeys(found.refused), sep="\n", end="")
    return len(found.refused)


def _tried(surface: Surface, options: argparse.Namespace) -> list[Trial]:
    with tempfile.TemporaryDirectory(prefix="geoframe-attack-") as temporary:
        runs = Runs.begin(surface, Path(temporary))
        if isinstance(runs, Outcome):
            return [Trial(surface.method, "run", "undisturbed", runs.text[-600:])]
        return [
            *(runs.damage(options.damages, options.seed) if options.damages else ()),
            *runs.kill(options.kills, options.seed),
            *runs.interrupt(options.signals, options.seed),
        ]


def _tell(case: Case, outcome: Outcome) -> None:
    if outcome.faults:
        print(f"{case}: {', '.join(outcome.faults)}")
        print("    " + "\n    ".join(outcome.text.splitlines()[-3:])[:600], flush=True)


def _print(rows: dict[str, list[Outcome]]) -> None:
    head = ("method", "cases", "refused", "used", "fell", "lines", "MiB", "CPU s")
    print(ROW.format(*head))
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
