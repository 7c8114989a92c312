"""Figures: text of users is text, in any script, and never a formula."""

import warnings
import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from geoframe.run.figures import label, svg


def drawn(text: str) -> str:
    figure = Figure()
    figure.add_subplot().annotate(label(text), (0.5, 0.5))
    return "".join(ET.fromstring(svg(figure)).itertext())


@pytest.mark.parametrize(
    "text", [r"a$\frac$", "b$ and $c", "$", r"\$x", "<b>&amp;", "日本語 ü", "--> a", "a" * 99]
)
def test_names_are_written_as_they_are(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (text if len(text) <= 30 else f"{text[:29]}…") in drawn(text)


def test_control_characters_do_not_break_the_file() -> None:
    assert "a b c" in drawn("a\x01b\n\x1b c")


def test_equal_figures_are_equal_files() -> None:
    first, second = Figure(), Figure()
    for figure in (first, second):
        figure.add_subplot().plot([1, 2])
    assert svg(first) == svg(second)
