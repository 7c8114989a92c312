"""Figures as SVG that is the same whenever the figure is the same."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

import attrs
import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox
    from numpy.typing import ArrayLike, NDArray

MOST_NAMED = 5000
"""Points of a picture that a report can name; more would only make it slow and large."""
PADDING = 0.1
"""Inches around a picture."""


@attrs.frozen(eq=False)
class _Named:
    """Points of a picture, in the order in which they matter."""

    axes: Axes
    places: NDArray[np.float64]
    names: tuple[str, ...]
    box: Bbox | None = None
    """What is drawn of the figure, in inches; known when it has been laid out."""


_NAMED: WeakKeyDictionary[Figure, _Named] = WeakKeyDictionary()


def name_points(axes: Axes, places: ArrayLike, names: Sequence[str]) -> None:
    """Tell whose points a picture shows, so that a report names them and finds them by name.

    Parameters
    ----------
    axes
        What they are drawn in; one such axes a figure.
    places
        ``(n, 2)`` in the coordinates of the data, those that matter most first.
    names
        A name for each.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    kept = np.asarray(places, dtype=np.float64)[:MOST_NAMED]
    _NAMED[figure] = _Named(axes, kept, tuple(map(str, names[:MOST_NAMED])))


def named_points(figure: Figure) -> dict[str, Any] | None:
    """Where the points named by :func:`name_points` lie in the figure's SVG; None if none were.

    Returns
    -------
    dict or None
        ``names``, and ``x`` and ``y``, shares of the picture's width and height from its upper left
        corner. It holds after :func:`svg`, which lays the figure out.
    """
    named = _NAMED.get(figure)
    if named is None or named.box is None:
        return None
    inches = named.axes.transData.transform(named.places) / figure.dpi
    box = named.box
    x, y = (inches[:, 0] - box.x0) / box.width, (box.y1 - inches[:, 1]) / box.height
    shown = np.isfinite(x + y) & (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    return {
        "names": [name for name, here in zip(named.names, shown.tolist(), strict=True) if here],
        "x": x[shown].round(5).tolist(),
        "y": y[shown].round(5).tolist(),
    }


def svg(figure: Figure) -> bytes:
    """Write a matplotlib figure as SVG."""
    import matplotlib as mpl
    from matplotlib.transforms import Bbox

    content = BytesIO()
    box: Bbox | Literal["tight"] = "tight"
    if (named := _NAMED.get(figure)) is not None:
        figure.draw_without_rendering()
        box = Bbox(figure.get_tightbbox().padded(PADDING))
        _NAMED[figure] = attrs.evolve(named, box=box)
    # A fixed hash salt and no date make equal figures equal files. Text stays text, so that the
    # viewer's fonts show scripts that matplotlib's own font has no glyphs for.
    same = mpl.rc_context({"svg.hashsalt": "geoframe", "svg.fonttype": "none"})
    with same, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(
            content, format="svg", bbox_inches=box, pad_inches=PADDING, metadata={"Date": None}
        )
    return content.getvalue()


def label(text: str, width: int = 30) -> str:
    """Return a user's text as matplotlib shall write it: one short line, its ``$`` no formula."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (line if len(line) <= width else f"{line[: width - 1]}…").replace("$", r"\$")


def data_uri(content: bytes) -> str:
    """Write SVG as an address that an HTML image can have."""
    # An image, not inline SVG: figures can then neither run scripts nor share identifiers.
    return "data:image/svg+xml;base64," + base64.b64encode(content).decode()
