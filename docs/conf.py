"""The documentation site: ``make docs``, or ``sphinx-build docs site``.

The pages are plain Markdown that reads well without Sphinx too; what only the site needs, the
tables of contents and the options of the installed components, is added here.
"""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

import generate

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "geoframe"
release = version_of("geoframe-core")
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["*/geoframe-*", "_build"]
html_theme = "furo"
html_title = f"geoframe {release}"
html_show_copyright = False
html_static_path = ["static"]
html_css_files = ["tables.css"]
smartquotes = False  # what stands in quotes is often to be copied

myst_heading_anchors = 3
autodoc_default_options = {"members": True, "member-order": "bysource", "show-inheritance": True}
autodoc_typehints = "signature"
autodoc_type_aliases = {"Tensor": "torch.Tensor"}
napoleon_use_ivar = True
viewcode_follow_imported_members = False

SECTIONS = {
    "Tutorials": "tutorial/*",
    "How-to guides": "how-to/*",
    "Reference": "reference/*",
    "Explanation": "explanation/*",
    "Project": "contributing\nchangelog",
}
"""Heading in the side bar -> pages; a page that is added is found by itself."""


def add_contents(app: Sphinx, name: str, source: list[str]) -> None:
    """Add to pages what is not written in them."""
    if name == "index":
        for heading, pages in SECTIONS.items():
            options = ":glob:\n:hidden:\n:maxdepth: 1"
            source[0] += f"\n```{{toctree}}\n:caption: {heading}\n{options}\n\n{pages}\n```\n"
    elif name == "reference/options":
        source[0] += generate.options()


def setup(app: Sphinx) -> None:
    """Connect to the reading of pages."""
    from pygments.lexers.special import TextLexer

    app.add_lexer("csv", TextLexer)  # Pygments has none
    app.connect("source-read", add_contents)
