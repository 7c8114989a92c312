"""Verbs that plugins add."""

from __future__ import annotations

import re

import pytest

COMMAND = """
import click

@click.command()
@click.argument("who")
def greet(who):
    '''Greet somebody.'''
    click.echo(f"hello {who}")
"""
GREET = {"geoframe.commands": {"greet": "greeting:greet"}}


def test_a_plugin_adds_a_verb(site):
    site.install("geoframe-greet", GREET, modules={"greeting": COMMAND})
    assert re.search(r"^  greet +a verb of geoframe-greet$", site.run("--help").stdout, re.M)
    done = site.run("greet", "you")
    assert (done.returncode, done.stdout) == (0, "hello you\n")
    assert "Greet somebody." in site.run("greet", "--help").stdout
    assert "did you mean 'greet'" in site.run("gret").stderr


def test_a_verb_is_told_by_the_summary_of_its_plugin(site):
    site.install("geoframe-greet", GREET, modules={"greeting": COMMAND})
    metadata = next(site.path.glob("geoframe_greet-*.dist-info")) / "METADATA"
    head = "Summary: Greetings \x1b[31mby name, for geoframe\n"
    metadata.write_text(head + metadata.read_text())
    assert re.search(r"^  greet +Greetings \[31mby name$", site.run("--help").stdout, re.M)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import does_not_exist_xyz", "does_not_exist_xyz"),
        ("raise SystemExit(0)", "SystemExit"),
        ("x = 1", "no attribute 'greet'"),
        ("def greet(): pass", "is not a click command"),
    ],
)
def test_a_broken_verb_breaks_only_itself(site, source, reason):
    site.install("geoframe-greet", GREET, modules={"greeting": source})
    assert site.run("--help").returncode == 0
    assert site.run("list").returncode == 0
    done = site.run("greet", "you")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("Error: verb 'greet' of geoframe-greet 1.0")
    assert reason in line


def test_two_plugins_with_one_verb_are_named(site):
    site.install("geoframe-greet", GREET, modules={"greeting": COMMAND})
    site.install("geoframe-hello", GREET)
    done = site.run("greet", "you")
    assert done.returncode == 2
    assert "added by geoframe-greet and geoframe-hello" in done.stderr


def test_a_built_in_verb_cannot_be_replaced(site):
    site.install(
        "geoframe-greet",
        {"geoframe.commands": {"list": "greeting:greet"}},
        modules={"greeting": COMMAND},
    )
    assert "gradient" in site.run("list").stdout
    assert "verb 'list' is built in and cannot be replaced" in site.run("plugins").stdout
