"""Figures as SVG that is the same whenever the figure is the same."""

from __future__ import annotations

import base64
import warnings
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def svg(figure: Figure) -> bytes:
    """Write a matplotlib figure as SVG."""
    import matplotlib as mpl

    content = BytesIO()
    # A fixed hash salt and no date make equal figures equal files. Text stays text, so that the
    # viewer's fonts show scripts that matplotlib's own font has no glyphs for.
    same = mpl.rc_context({"svg.hashsalt": "geoframe", "svg.fonttype": "none"})
    with same, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(content, format="svg", bbox_inches="tight", metadata={"Date": None})
    return content.getvalue()


def label(text: str, width: int = 30) -> str:
    """Return a user's text as matplotlib shall write it: one short line, its ``$`` no formula."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (line if len(line) <= width else f"{line[: width - 1]}…").replace("$", r"\$")


def data_uri(content: bytes) -> str:
    """Write SVG as an address that an HTML image can have."""
    # An image, not inline SVG: figures can then neither run scripts nor share identifiers.
    return "data:image/svg+xml;base64," + base64.b64encode(content).decode()
