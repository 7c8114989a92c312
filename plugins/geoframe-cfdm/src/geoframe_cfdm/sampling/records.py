"""What was measured while sampling, step by step."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import attrs
import torch

from geoframe_cfdm.engines.base import Posterior


@attrs.define
class _Step:
    t: float
    rows: Counter[str] = attrs.field(factory=Counter)
    ess: list[torch.Tensor] = attrs.field(factory=list)
    error: float = math.nan
    true_error: float = math.nan
    reason: str = ""


class StepRecords:
    """Collects the posteriors of all batches of a draw."""

    def __init__(self) -> None:
        self._steps: dict[int, _Step] = {}

    def add(self, number: int, t: float, found: Posterior, true_error: float) -> None:
        """Add what one batch found at step ``number``."""
        step = self._steps.setdefault(number, _Step(t))
        step.rows.update(found.rows)
        step.ess.append(found.ess.cpu())
        step.error = _larger(step.error, found.error)
        step.true_error = _larger(step.true_error, true_error)
        step.reason = step.reason or found.reason

    def rows(self) -> list[dict[str, Any]]:
        """One row per step: time, engines, effective sample size, errors and the reason.

        ``error`` is a bound or estimate by the engine itself, ``checked_error`` was measured
        against float64; both relative, None if unknown.
        """
        rows = []
        for number, step in sorted(self._steps.items()):
            ess = torch.cat(step.ess).double()
            rows.append(
                {
                    "step": number,
                    "t": round(step.t, 4),
                    "engines": ", ".join(f"{name} {n}" for name, n in step.rows.items()),
                    "ess_median": _number(ess.median()),
                    "ess_low": _number(ess.quantile(0.1)),
                    "ess_high": _number(ess.quantile(0.9)),
                    "error": _number(step.error),
                    "checked_error": _number(step.true_error),
                    "why": step.reason,
                }
            )
        return rows

    def engine_steps(self) -> dict[str, float]:
        """Engine -> number of steps it took, a step shared by several engines counted in parts."""
        counts: dict[str, float] = {}
        for step in self._steps.values():
            total = sum(step.rows.values())
            for name, rows in step.rows.items():
                counts[name] = counts.get(name, 0.0) + rows / total
        return {name: round(count, 2) for name, count in counts.items()}

    @property
    def max_relative_error(self) -> float | None:
        """Largest relative error measured against float64; None if none was."""
        errors = [s.true_error for s in self._steps.values() if not math.isnan(s.true_error)]
        return max(errors, default=None)


def _larger(first: float, second: float) -> float:
    known = [value for value in (first, second) if not math.isnan(value)]
    return max(known, default=math.nan)


def _number(value: torch.Tensor | float) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
