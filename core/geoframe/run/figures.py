"""Figures as SVG that is the same whenever the figure is the same."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def svg(figure: Figure) -> bytes:
    """Write a matplotlib figure as SVG."""
    import matplotlib as mpl

    content = BytesIO()
    # A fixed hash salt and no date make equal figures equal files.
    with mpl.rc_context({"svg.hashsalt": "geoframe"}):
        figure.savefig(content, format="svg", bbox_inches="tight", metadata={"Date": None})
    return content.getvalue()


def data_uri(content: bytes) -> str:
    """Write SVG as an address that an HTML image can have."""
    # An image, not inline SVG: figures can then neither run scripts nor share identifiers.
    return "data:image/svg+xml;base64," + base64.b64encode(content).decode()
