from __future__ import annotations

import pytest


def complete(site, words, cwd=None):
    """Candidates for the last of ``words``, as bash would ask for them."""
    done = site.run(
        cwd=cwd,
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split(" ")) - 1),
        _GEOFRAME_COMPLETE="bash_complete",
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("geoframe re", ["report", "reproduce"]),
        ("geoframe run to", ["toy"]),
        ("geoframe init to", ["toy"]),
        ("geoframe reproduce to", ["toy"]),
        ("geoframe info grad", ["gradient"]),
        ("geoframe list geo", ["geometry"]),
        ("geoframe check geoframe-to", ["geoframe-toy"]),
        ("geoframe check to", ["toy"]),
        ("geoframe new pl", ["plugin"]),
        ("geoframe run toy --res", ["--resume"]),
        ("geoframe run toy --set sl", ["slope="]),
        ("geoframe run toy --set trainer.ste", ["trainer.steps="]),
        ("geoframe run toy --set trainer.steps=", [""]),
        ("geoframe run nothing --set sl", [""]),
    ],
)
def test_names_are_completed(site, words, expected):
    site.install_toy()
    assert complete(site, words) == expected


def test_run_directories_are_completed(site, tmp_path):
    run = tmp_path / "runs" / "toy" / "20260101-120000-1a2b"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text("{}")
    (tmp_path / "runs" / "toy" / "other").mkdir()
    for words in ("geoframe report runs/t", "geoframe run toy --run-dir runs/t"):
        assert complete(site, words, cwd=tmp_path) == ["runs/toy/20260101-120000-1a2b"]


def test_the_script_for_the_shell_is_printed(site):
    for shell in ("bash", "zsh", "fish"):
        done = site.run(_GEOFRAME_COMPLETE=f"{shell}_source")
        assert "_GEOFRAME_COMPLETE" in done.stdout
