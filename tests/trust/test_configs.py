"""Hostile configs: one line each or a bounded number, in bounded time."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from geoframe import ConfigError
from geoframe.config import load_toml, parse_override
from geoframe.config.toml import MAX_BYTES


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a = " + b"[" * 50_000, "is nested too deeply"),
        (b"a = " + b"{b = " * 50_000, "is nested too deeply"),
        (b"seed = " + b"9" * 5_000, "not valid TOML"),
        (b"seed = 1\0", "not valid TOML"),
        (b"seed = \xff", "not UTF-8 text"),
        (b"#" * (MAX_BYTES + 1), f"at most {MAX_BYTES} are read"),
        (b"seed = " + b"9" * 30, "expected an integer of 64 bits"),
        (b"slope = " + b"9" * 400, "expected a number that a float can hold"),
        (b'[data]\npath = "a\\u0000b"', "expected a path, got one with a null character"),
        (b'seed = "' + b"x" * 100_000 + b'"', "expected an integer, got 'xxx"),
        (b'"a\\u001b[31m" = 1', r"\x1b[31m: unknown key"),
        (b'"' + b"k" * 100_000 + b'" = 1', "unknown key"),
    ],
)
def test_a_hostile_config_is_one_line(geoframe, tmp_path, content, problem):
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    started = time.process_time()
    done = geoframe("run", "toy", "--config", path)
    assert time.process_time() - started < 10
    assert done.exit_code == 2, done.output
    [line] = done.output.splitlines()
    assert problem in line
    assert len(line) < 600


def test_thousands_of_unknown_keys_are_told_in_a_few_lines(geoframe, tmp_path):
    path = tmp_path / "x.toml"
    keys = [f"slop{number} = 1\n" for number in range(10_000)]
    path.write_text("".join(keys) + "[data]\n" + "".join(keys))
    started = time.process_time()
    done = geoframe("run", "toy", "--config", path)
    assert time.process_time() - started < 10
    assert done.exit_code == 2
    lines = done.output.splitlines()
    assert len(lines) == 8
    assert lines[-1] == "Error: ... and 19993 problems more"


@pytest.mark.parametrize("text", ["a=" + "[" * 50_000, "a=" + "9" * 5_000])
def test_a_hostile_override_is_one_line(text):
    with pytest.raises(ConfigError, match="is no value that can be read"):
        parse_override(text)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(ConfigError, match="is a device or a pipe"):
        load_toml(tmp_path / "pipe.toml")
    with pytest.raises(ConfigError, match="is a folder"):
        load_toml(tmp_path)
    (tmp_path / "empty.toml").write_text("")
    assert load_toml(tmp_path / "empty.toml").values == {}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_stdout_is_one_line(site):
    code = "import os, sys; os.dup2(os.open('/dev/full', os.O_WRONLY), 1); "
    code += "from geoframe_cli import main; main(['list'])"
    done = site.python("-c", code)
    assert done.returncode == 2
    assert done.stderr == "Error: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("arguments", ["list", "list --json"])
def test_a_closed_stdout_is_no_failure(site, arguments):
    command = f"exec {sys.executable} -P -m geoframe_cli {arguments} >&-"
    done = subprocess.run(["sh", "-c", command], env=site.environment, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, b"")


def test_sizes_beyond_memory_are_one_line(site):
    site.install_toy()
    done = site.run("run", "toy", "--set", "data.points=4000000000000")
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith("Error: not enough memory (")
