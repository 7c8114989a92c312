"""Try every hostile file, every damage of a run and every kill; print a table."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from attack.cases import all_cases, some_cases, try_case
from attack.execution import Outcome, prepare


def main() -> int:
    """Try them and return the number of those that fell."""
    parser = argparse.ArgumentParser(prog="python tests/attack", description=__doc__)
    parser.add_argument("--share", type=int, default=1, help="try one in so many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="only cases whose name holds this")
    options = parser.parse_args()
    cases = all_cases() if options.share == 1 else some_cases(options.share, options.seed)
    cases = [case for case in cases if options.only in str(case)]
    prepare()
    rows: dict[str, list[Outcome]] = {}
    fallen = 0
    with tempfile.TemporaryDirectory(prefix="geoframe-attack-") as temporary:
        for number, case in enumerate(cases):
            outcome = try_case(case, Path(temporary) / str(number))
            rows.setdefault(case.surface.method, []).append(outcome)
            if outcome.faults:
                fallen += 1
                print(f"{case}: {', '.join(outcome.faults)}")
                print("    " + "\n    ".join(outcome.text.splitlines()[-3:])[:600], flush=True)
    _print(rows)
    return min(fallen, 100)


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
