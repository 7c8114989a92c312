"""Figures: text of users is text, in any script, and never a formula."""

import warnings
import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from geoframe.run.figures import label, name_points, named_points, svg


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


def test_named_points_lie_where_the_picture_shows_them() -> None:
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.add_subplot()
    places = [[0.0, 0.0], [2.0, 1.0], [1.0, 5.0]]
    axes.scatter(*zip(*places, strict=True), s=30)
    axes.set_ylabel("so that the picture is cut to what is drawn")
    name_points(axes, places, ["a", "b", "c"])
    root = ET.fromstring(svg(figure))
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    uses = [each.attrib for each in root.iter("{http://www.w3.org/2000/svg}use")]
    dots = [each for each in uses if each.get("style", "").startswith("fill: #1f77b4")]
    told = named_points(figure)
    assert told is not None
    assert told["names"] == ["a", "b", "c"]
    assert [float(dot["x"]) / width for dot in dots] == pytest.approx(told["x"], abs=0.01)
    assert [float(dot["y"]) / height for dot in dots] == pytest.approx(told["y"], abs=0.01)


def test_points_that_are_not_drawn_are_not_named() -> None:
    figure = Figure()
    axes = figure.add_subplot()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    name_points(axes, [[0.5, 0.5], [9.0, 0.5], [float("nan"), 0.0]], ["in", "out", "nowhere"])
    svg(figure)
    told = named_points(figure)
    assert told is not None
    assert told["names"] == ["in"]
    assert named_points(Figure()) is None
