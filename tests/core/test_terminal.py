"""Tables in terminals of any width."""

import pytest
from rich.console import Console

from geoframe import terminal

ROWS = [
    ("dim", "integer", 2, ">= 1", "Number of coordinates of a point in the space."),
    ("exponent", '"free" | "ge1"', "ge1", None, "Learned exponents: any positive number, or more."),
]


@pytest.mark.parametrize("width", [60, 80, 100, 300])
def test_words_stay_whole_and_lines_within_the_screen(width, monkeypatch, capsys):
    monkeypatch.setattr(terminal, "console", lambda: Console(width=width, highlight=False))
    terminal.print_table("", ["option", "type", "default", "range", "meaning"], ROWS)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    words = shown.split()
    for *facts, sentence in ROWS:
        for word in [*sentence.split(), *(each for fact in facts for each in str(fact).split())]:
            assert word in words or word == "None", word


def test_an_empty_table_is_shown(capsys):
    terminal.print_table("nothing", ["a", "b"], [])
    assert "nothing" in capsys.readouterr().out
