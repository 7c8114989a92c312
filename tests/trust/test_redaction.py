"""Passwords on a command line reach no file."""

from __future__ import annotations

import json
import sys

import pytest

from geoframe.run.manifest import describe_environment
from geoframe.run.redaction import redacted, redacted_arguments

PASSWORD = "s3cr/et@x"


@pytest.mark.parametrize(
    "word",
    [
        f"postgresql://me:{PASSWORD}@host:5432/db",
        f"--storage=mysql+pymysql://me:{PASSWORD}@host/db?charset=utf8",
        f"redis://:{PASSWORD}@host",
        f"https://{PASSWORD}@example.invalid/simple",
        f"data.token={PASSWORD}",
        f"https://host/x?user=me&password={PASSWORD}&y=1",
        f"API-KEY: {PASSWORD}",
    ],
)
def test_a_password_in_a_word_is_hidden(word):
    assert "cr/et" not in redacted(word)
    assert "***" in redacted(word)


@pytest.mark.parametrize(
    "word",
    ["trainer.steps=500", "/home/me/a@b/data.csv", "--seed=1", "sqlite:///study.db", "tokenizer"],
)
def test_other_words_stay_as_they_are(word):
    assert redacted(word) == word


def test_what_follows_an_option_for_a_password_is_hidden():
    words = ["geoframe", "--db-password", PASSWORD, "--token", PASSWORD, "run", "nst"]
    assert redacted_arguments(words) == [
        *("geoframe", "--db-password", "***", "--token", "***", "run", "nst")
    ]


def test_no_manifest_holds_one(monkeypatch):
    storage = f"postgresql://me:{PASSWORD}@host/db"
    monkeypatch.setattr(sys, "argv", ["geoframe", "sweep", "nst", "--storage", storage])
    command = describe_environment([], 0)["command"]
    assert command[-1] == "postgresql://***@host/db"


def test_a_report_of_a_manifest_that_holds_one_hides_it(geoframe, finished_run, forget_digests):
    forget_digests(finished_run)
    path = finished_run / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["command"] += ["--storage", f"postgresql://me:{PASSWORD}@host/db"]
    path.write_text(json.dumps(manifest))
    assert geoframe("report", finished_run).exit_code == 0
    for name in ("report.html", "README.md"):
        assert "cr/et" not in (finished_run / name).read_text(), name
