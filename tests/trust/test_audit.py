"""The audit hook that listens in every attacked command hears what it is there for.

Over every verb, method and option it listens in ``test_attack.py`` and ``make attack``.
"""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PICKLE = r"b'\x80\x04cos\ngetcwd\n.'"


def heard(folder: Path, code: str) -> str:
    """Return what is written to stderr by ``code``, watched from ``folder``."""
    script = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
from pathlib import Path
from attack.audit import watch
watch(Path({str(folder)!r}))
{code}
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (f"import pickle; pickle.loads({PICKLE})", "os.getcwd is unpickled"),
        (
            f"import pickle, io; pickle._Unpickler(io.BytesIO({PICKLE})).load()",
            "os.getcwd is unpickled",
        ),
        (
            "import contextlib, numpy\nwith contextlib.suppress(Exception):\n"
            "    numpy.load('FOLDER/objects.npy', allow_pickle=True)",
            "os.getcwd is unpickled",
        ),
        ("import runpy; runpy.run_path('FOLDER/code.py')", "code.py is executed"),
        ("sys.path.insert(0, 'FOLDER'); import code", "code.py is executed"),
        ("import subprocess; subprocess.run(['FOLDER/program'])", "program is executed"),
        ("import os; os.system('true')", "a shell is called"),
    ],
)
def test_what_is_forbidden_is_heard(tmp_path, code, what):
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n"
    array = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    (tmp_path / "objects.npy").write_bytes(array + b"\x80\x04cos\ngetcwd\n.")
    (tmp_path / "code.py").write_text("")
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    told = heard(tmp_path, code.replace("FOLDER", str(tmp_path)))
    assert told.startswith("Internal error: forbidden")
    assert told.rstrip().endswith(what)


def test_plain_data_and_the_exceptions_are_not(tmp_path):
    code = f"""
import json, pickle, types
json.loads('[1]')
worker = types.ModuleType("multiprocessing.connection")
exec("import pickle\\ndef receive(content): return pickle.loads(content)", vars(worker))
assert worker.receive({PICKLE}) is not None
"""
    assert heard(tmp_path, code) == ""
