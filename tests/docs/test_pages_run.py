"""Following a page to the letter works, and prints what the page shows."""

from __future__ import annotations

import contextlib
import glob
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from geoframe_cli import main

VARIES = re.compile(r"-?\d+\.\d+(e-?\d+)?|\d{8}-\d{6}-[0-9a-f]{4}")
"""Decimal numbers and names of runs; whole numbers, such as counts, are the same everywhere."""

SIMPLE = re.compile(r"geoframe [^\n;|&<>]*$")
"""A command line that needs no shell."""


def test_page_can_be_followed(followed, tmp_path, monkeypatch, clean_environment):
    site = tmp_path / "site"
    site.mkdir()
    desk = tmp_path / "desk"
    desk.mkdir()
    monkeypatch.chdir(desk)
    monkeypatch.syspath_prepend(str(site))
    scripts = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", os.pathsep.join([scripts, os.environ["PATH"]]))
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    namespace: dict[str, object] = {"__name__": "__page__"}
    printed = ""
    for block in followed.blocks():
        if name := block.argument("file"):
            path = desk / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif name := block.argument("shows"):
            assert block.text == (desk / name).read_text(encoding="utf-8"), block.where
        elif block.mark == "output":
            assert same(block.text, printed), f"{block.where}: it printed\n{printed}"
        elif block.runs and block.language == "python":
            printed = execute(block, namespace)
        elif block.runs:
            for command, shown in block.commands():
                output = carry_out(command, site, block.where, fails="Error: " in shown)
                assert_shown(shown, output, f"{block.where}: {command}")


def execute(block, namespace) -> str:
    """Run a Python block and return what it prints."""
    padding = "\n" * int(block.where.rpartition(":")[2])  # so that tracebacks name the line
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(padding + block.text, block.where.rpartition(":")[0], "exec"), namespace)
    return out.getvalue()


def carry_out(command: str, site: Path, where: str, *, fails: bool) -> str:
    """Run a command and return what it prints.

    ``pip install`` goes to a scratch folder. A call of ``geoframe`` that is no part of a script is
    made in this process, as its own script would make it: torch is then imported once.
    """
    if SIMPLE.match(command):
        words = shlex.split(command)[1:]
        output, code = call_geoframe([path for word in words for path in expanded(word)])
    else:
        install = "python -m pip install --quiet --no-deps --no-build-isolation --target "
        done = subprocess.run(
            ["bash", "-euc", re.sub(r"\bpip install (-e )?", f"{install}{site} ", command)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        output, code = done.stdout, done.returncode
    assert (code != 0) == fails, f"{where}: {command}\n{output}"
    return output


def expanded(word: str) -> list[str]:
    """Return the paths that the shell would make of a word."""
    return sorted(glob.glob(word)) if "*" in word else [word]


def call_geoframe(arguments: list[str]) -> tuple[str, object]:
    """Return what the command prints, errors included, and its exit code."""
    output = io.StringIO()
    with (
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
        pytest.raises(SystemExit) as exit,
    ):
        main(arguments, prog_name="geoframe")
    return output.getvalue(), exit.value.code


def assert_shown(shown: str, output: str, where: str) -> None:
    """Each line shown stands in the output, decimals and spaces aside; ``...`` is any ending."""
    lines = [line.split() for line in output.splitlines()]
    for line in shown.splitlines():
        found = any(agrees(line.split(), printed) for printed in lines)
        assert found or line.strip() in ("", "..."), f"{where}: no line '{line}' in\n{output}"


def agrees(shown: list[str], printed: list[str]) -> bool:
    """Compare a line word by word."""
    *words, last = shown or [""]
    if last.endswith("..."):
        begun = printed[len(words) :] or [""]
        printed = [*printed[: len(words)], begun[0][: len(last) - len("...")]]
        shown = [*words, last.removesuffix("...")]
    return len(shown) == len(printed) and all(map(alike, shown, printed))


def alike(shown: str, printed: str) -> bool:
    """Compare two words; a whole number may stand for a decimal one, as 1 does for 1.00002."""
    mine, theirs = (VARIES.sub("#", word) for word in (shown, printed))
    return mine == theirs or ("#" in (mine, theirs) and mine.isdigit() != theirs.isdigit())


def same(shown: str, printed: str) -> bool:
    """Compare text exactly and decimal numbers with tolerance."""
    decimal = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
    mine, theirs = decimal.findall(shown), decimal.findall(printed)
    return decimal.sub("#", shown) == decimal.sub("#", printed) and [
        float(number) for number in theirs
    ] == pytest.approx([float(number) for number in mine], rel=0.1, abs=0.05)


def test_the_comparison_can_fail():
    assert same("a 1.02\n", "a 1.03\n")
    assert not same("a 1.02\n", "a 2.02\n")
    assert not same("a 1.02\n", "b 1.02\n")
    assert_shown(
        "loss 0.5 in 3 steps\nloss 1...\nRun: runs/a/...\n", "loss  1 in 3 steps\nRun: runs/a/b", ""
    )
    for shown in ("nodes 5", "edges 6", "edges 5 6", "edges", "edgy 5", "6.5 5", "no..."):
        with pytest.raises(AssertionError):
            assert_shown(shown, "edges 5", "here")
