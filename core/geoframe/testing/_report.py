"""Running checks and reporting how each of them went."""

from __future__ import annotations

import copy
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any, Literal, TypeVar

import attrs

from geoframe.errors import did_you_mean

# torch and numpy are imported on use: reports are also read where nothing is checked.

T = TypeVar("T")

Check = Callable[..., None]
"""Takes what is tested; returns if all is well, else raises. Its name says what should hold."""

Status = Literal["passed", "failed", "skipped", "xfailed", "xpassed"]


class CheckFailed(AssertionError):
    """What a check's name says does not hold."""


class CheckSkipped(Exception):
    """The check does not apply here; the message says why."""


def ensure(condition: Any, message: str) -> None:
    """Fail the check with ``message`` unless ``condition`` is true."""
    if not condition:
        raise CheckFailed(message)


@attrs.frozen
class Outcome:
    """How one check went."""

    name: str
    status: Status
    """``xfailed`` failed as expected, ``xpassed`` was expected to fail and did not."""
    reason: str
    seconds: float
    error: BaseException | None = attrs.field(default=None, repr=False)
    """What was raised, with its traceback, if the check failed in this process."""
    traceback: str = attrs.field(default="", repr=False)
    """The same as text."""


Watch = Callable[[str | Outcome], None]
"""Is told the name of each check that begins, and its outcome when it is there."""


@attrs.frozen(repr=False)
class Report:
    """How all checks of one object went."""

    subject: str
    outcomes: tuple[Outcome, ...]

    @property
    def number_run(self) -> int:
        """Number of checks that ran, skipped ones not counted."""
        return sum(outcome.status != "skipped" for outcome in self.outcomes)

    def number(self, status: Status) -> int:
        """Count the checks with one status."""
        return sum(outcome.status == status for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Checks that failed, or passed although a failure was expected."""
        return tuple(each for each in self.outcomes if each.status in ("failed", "xpassed"))

    @property
    def ok(self) -> bool:
        """Whether there is no failure, and at least one check ran."""
        return self.number_run > 0 and not self.failures

    def raise_for_failures(self) -> None:
        """Raise :class:`CheckFailed` with the whole report unless all is well."""
        if not self.ok:
            raise CheckFailed(str(self))

    def __str__(self) -> str:
        statuses = sorted({outcome.status for outcome in self.outcomes})
        counts = [f"{self.number(each)} {each}" for each in statuses]
        seconds = sum(outcome.seconds for outcome in self.outcomes)
        width = max((len(outcome.name) for outcome in self.outcomes), default=0)
        lines = [
            f"{self.subject}: {self.number_run} checks run in {seconds:.1f} s ({', '.join(counts)})"
        ]
        for each in self.outcomes:
            line = f"  {each.status:8}{each.name:{width + 2}}{each.seconds:6.2f} s  {each.reason}"
            lines.append(line.rstrip())
        return "\n".join(lines)

    __repr__ = __str__


class Copies:
    """Makes copies of an object, where a check asks for a fresh one."""

    def __init__(self, original: Any) -> None:
        self.original = original

    def __call__(self) -> Any:
        """Return a deep copy."""
        return copy.deepcopy(self.original)


def maker(given: T | Callable[[], T], interface: type) -> Callable[[], T]:
    """Turn an object of the interface, or what builds such objects, into what builds them."""
    import torch

    if isinstance(given, interface):
        return Copies(given)
    if not callable(given) or isinstance(given, torch.nn.Module):
        raise TypeError(f"expected a {interface.__name__} or what makes one, got {given!r}")
    return given


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed all global generators for the block, and put them back to where they were."""
    import numpy as np
    import torch

    states = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            random.seed(seed)
            np.random.seed(seed)
            torch.manual_seed(seed)
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])


@contextmanager
def no_global_randomness(what: str) -> Iterator[None]:
    """Fail the check if the block draws from a global generator."""
    before = _global_states()
    yield
    for name, state in _global_states().items():
        ensure(state == before[name], f"{what} draws from the global generator of {name}")


def _global_states() -> dict[str, Any]:
    import numpy as np
    import torch

    _, key, position, *rest = np.random.get_state(legacy=True)
    return {
        "Python": random.getstate(),
        "numpy": (key.tobytes(), position, rest),  # type: ignore[union-attr]
        "torch": torch.get_rng_state().tolist(),
    }


def title(make: Callable[[], Any], interface: type) -> str:
    """Name what ``make`` builds, or the interface if it builds nothing."""
    try:
        with seeded(0):
            return type(make()).__name__
    except Exception:  # each check will report it
        return interface.__name__


def run_checks(
    subject: str,
    checks: Sequence[Check],
    *arguments: Any,
    expected_failures: Mapping[str, str] | None = None,
    watch: Watch | None = None,
    prefix: str = "",
) -> Report:
    """Run each check on ``arguments``, the global generators freshly seeded.

    Parameters
    ----------
    expected_failures
        Name of a check -> reason why it is known to fail. If it passes, that is a failure.
    watch
        Is told of each check.
    prefix
        What the names of checks begin with in the report.

    Raises
    ------
    ValueError
        If an expected failure names no check.
    """
    expected = dict(expected_failures or {})
    names = [check.__name__ for check in checks]
    for name in expected:
        if name not in names:
            raise ValueError(f"expected_failures: no check '{name}'{did_you_mean(name, names)}")
    outcomes = []
    for check in checks:
        name = prefix + check.__name__
        if watch is not None:
            watch(name)
        outcome = _run(name, check, arguments, expected.get(check.__name__))
        if watch is not None:
            watch(outcome)
        outcomes.append(outcome)
    return Report(subject, tuple(outcomes))


def _run(name: str, check: Check, arguments: Sequence[Any], expected: str | None) -> Outcome:
    start = time.perf_counter()
    status: Status
    error: BaseException | None = None
    try:
        with seeded(0), redirect_stdout(sys.stderr):  # stdout may be JSON
            check(*arguments)
        status, reason = ("passed", "") if expected is None else ("xpassed", expected)
    except CheckSkipped as skipped:
        status, reason = "skipped", str(skipped)
    except KeyboardInterrupt:
        raise
    except BaseException as caught:  # a stranger's code may raise anything, SystemExit too
        error = caught
        message = str(caught).strip().partition("\n")[0]
        known = isinstance(caught, CheckFailed)
        reason = message if known else f"{type(caught).__name__}: {message}"
        status = "failed"
        if expected is not None:
            status, reason = "xfailed", f"{expected} ({reason})"
    trace = "" if error is None else "".join(traceback.format_exception(error))
    return Outcome(name, status, reason, time.perf_counter() - start, error, trace)
