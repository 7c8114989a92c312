"""Try every hostile file, every damage of a run and every kill; print a table."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from attack.cases import Case, some_cases, try_cases
from attack.execution import Outcome, prepare


def main() -> int:
    """Try them and return the number of those that fell."""
    parser = argparse.ArgumentParser(prog="python tests/attack", description=__doc__)
    parser.add_argument("--share", type=int, default=1, help="try one in so many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="only cases whose name holds this")
    options = parser.parse_args()
    cases = [case for case in some_cases(options.share, options.seed) if options.only in str(case)]
    prepare()
    outcomes = try_cases(cases, _tell)
    rows: dict[str, list[Outcome]] = {}
    for case, outcome in zip(cases, outcomes, strict=True):
        rows.setdefault(case.surface.method, []).append(outcome)
    _print(rows)
    return min(sum(bool(outcome.faults) for outcome in outcomes), 100)


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
