"""Carrying a command out in a child process, within limits, and measuring it."""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import pkgutil
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import attrs

from attack.audit import watch

T = TypeVar("T")

MAX_LINES = 8
MAX_MIB = 1024.0
MAX_SECONDS = 20.0
PATIENCE = 240.0
"""Seconds on the clock, which a busy machine stretches; the limit is in seconds of the CPU."""
ADDRESSES = 24 * 2**30
OUTPUT = ".output"
"""File of the current folder with what a command wrote."""


@attrs.frozen
class Outcome:
    """What a command did."""

    code: int
    """Exit code; -1 if a signal or the clock ended it."""
    text: str
    seconds: float
    """Of the CPU."""
    mib: float

    @property
    def faults(self) -> list[str]:
        """What is not as it should be."""
        lines = self.text.splitlines()
        found = []
        if "Traceback (most recent call last)" in self.text:
            found.append("traceback")
        if "Internal error" in self.text:
            found.append("internal error")
        if self.code not in (0, 2):
            found.append(f"exit code {self.code}")
        if self.code != 0 and len(lines) > MAX_LINES:
            found.append(f"{len(lines)} lines")
        if any((ord(sign) < 32 and sign not in "\t\n\r") or sign == "\x9b" for sign in self.text):
            found.append("control signs")
        if self.code != 0 and self.seconds > MAX_SECONDS:  # else it was work on what was taken
            found.append(f"{self.seconds:.0f} s")
        if self.code != 0 and self.mib > MAX_MIB:
            found.append(f"{self.mib:.0f} MiB")
        return found


SHARED = ("geoframe.run", "geoframe.training", "geoframe_registry", "geoframe_data")
"""Packages whose modules most commands import."""


def prepare(*, training: bool) -> None:
    """Import what commands import, once for all children; also what only ``training`` does."""
    import networkx  # noqa: F401
    import pandas  # noqa: F401
    import torch
    import yaml  # noqa: F401
    from PIL import Image  # noqa: F401

    import geoframe_cli.app

    torch.set_num_threads(1)
    for package in SHARED:
        _import_all(package)
    if training:
        importlib.import_module("torch._dynamo")  # every optimizer does
    for verb in ("run", "apply", "report", "export"):
        geoframe_cli.app.main.get_command(None, verb)  # type: ignore[arg-type]


def among_own(package: str, work: Callable[[], list[T]]) -> list[T]:
    """Do ``work`` in a process of its own that has imported all modules of a plugin.

    Its children need not import them again, and those of other plugins do not carry them.
    """
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            _import_all(package)
            gc.freeze()  # or the first collection of every child copies all that is shared
            with os.fdopen(writing, "wb") as file:
                pickle.dump(work(), file)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        content = file.read()
    os.waitpid(child, 0)
    results: list[T] = pickle.loads(content)
    return results


def in_child(work: Callable[[], object]) -> None:
    """Do ``work`` in a forked process, so that its memory is none of ours."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise RuntimeError(f"a forked process ended with {os.waitstatus_to_exitcode(status)}")


def _import_all(package: str) -> None:
    with suppress(ImportError):
        top = importlib.import_module(package)
        for module in pkgutil.walk_packages(top.__path__, f"{package}."):
            with suppress(Exception), warnings.catch_warnings(action="ignore"):
                importlib.import_module(module.name)


def attempt(arguments: Sequence[str], folder: Path, *, fresh: bool = False) -> Outcome:
    """Run ``geoframe`` as :func:`start` does, and wait for its end."""
    return ended(start(arguments, folder, fresh=fresh), folder)


def start(arguments: Sequence[str], folder: Path, *, fresh: bool = False) -> int:
    """Run ``geoframe`` with arguments in a process of its own whose current folder is ``folder``.

    The process is a fork, with all imports done; or, if ``fresh``, begins as the user's does.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        _become(arguments, folder, fresh=fresh)
    return child


def ended(child: int, folder: Path) -> Outcome:
    """Wait for the end of what was started, and bring it about where it does not come."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found, status, usage = os.wait4(child, os.WNOHANG)
        if found:
            break
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            deadline = float("inf")
        time.sleep(0.005)
    return Outcome(
        code=os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else -1,
        text=(folder / OUTPUT).read_bytes().decode(errors="replace"),
        seconds=usage.ru_utime + usage.ru_stime,
        mib=usage.ru_maxrss / 1024,
    )


def _become(arguments: Sequence[str], folder: Path, *, fresh: bool) -> None:
    """Be the command; never return."""
    code = 1
    try:
        os.chdir(folder)
        opened = os.open(OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(opened, 1)
        os.dup2(opened, 2)
        sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
        resource.setrlimit(resource.RLIMIT_CPU, (int(3 * MAX_SECONDS), int(3 * MAX_SECONDS)))
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.environ["GEOFRAME_DISABLE_PLUGINS"] = "all"
        if fresh:
            words = [sys.executable, "-m", "geoframe_cli", *arguments]
            os.execv(sys.executable, words)
        watch(folder)
        from geoframe_cli.__main__ import command

        sys.argv = ["geoframe", *arguments]
        command()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
