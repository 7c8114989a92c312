"""Whatever code does to the process that runs it, it is told in a few words, and ours goes on."""

from __future__ import annotations

import time

import pytest

from geoframe.importing import import_target
from geoframe_registry.isolation import Isolated

SERVE = """
import os, signal, subprocess, sys, time
from geoframe_registry.isolation import answers

def serve(first, second):
    with answers() as answer:
        print("not an answer")
        os.write(1, b"not an answer either")
        answer([first, os.getpid()])
        {fault}
        answer(second)
"""
FAULTS = {
    "exit": ("sys.exit(3)", "ends the whole process (exit code 3)"),
    "exit with nothing left to do": ("os._exit(0)", "ends the whole process (exit code 0)"),
    "abort": ("os.abort()", "ends the whole process (signal SIGABRT)"),
    "segmentation fault": (
        "__import__('ctypes').string_at(0)",
        "ends the whole process (signal SIGSEGV)",
    ),
    "kills its group": ("os.killpg(0, 9)", "ends the whole process (signal SIGKILL)"),
    "memory": (
        "full = [bytearray(os.urandom(2**20)) for _ in range(1000)]",
        "takes more than 0.1 GiB of memory",
    ),
    "memory of a child": (
        "subprocess.run([sys.executable, '-c', 'x = bytearray(10**9); x[::4096] = x[::4096]; '"
        "'import time; time.sleep(60)'])",
        "takes more than 0.1 GiB of memory",
    ),
}


def serve(local_site, request, fault):
    module = "serve_" + "".join(c if c.isalnum() else "_" for c in request.node.name)
    (local_site.path / f"{module}.py").write_text(SERVE.format(fault=fault))
    return import_target(f"{module}:serve", "test", "test")


@pytest.mark.parametrize(("fault", "how"), FAULTS.values(), ids=FAULTS)
def test_what_ends_it_is_told(local_site, request, fault, how):
    with Isolated(serve(local_site, request, fault), ("a", "b"), memory=0.1 * 2**30) as process:
        assert process.line().startswith('["a", ')
        assert process.line() == ""
        assert process.how_it_ended() == how


def test_what_does_not_end_is_ended_at_its_deadline(local_site, request):
    started = time.monotonic()
    with Isolated(serve(local_site, request, "time.sleep(3600)"), ("a", "b")) as process:
        assert process.line().startswith('["a", ')
        process.deadline = time.monotonic() + 0.2
        assert process.line() == ""
        assert process.how_it_ended() == "does not end"
    assert time.monotonic() - started < 3000


def test_answers_are_lines_and_nothing_else_is(local_site, request, capfd):
    with Isolated(serve(local_site, request, "print('nor this')"), ("ä", None)) as process:
        assert process.line().startswith('["\\u00e4", ')
        assert process.line() == "null\n"
        assert process.line() == ""
        assert process.how_it_ended() == "ends the whole process (exit code 0)"
    assert "nor this" in capfd.readouterr().err
