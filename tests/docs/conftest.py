"""The pages of docs/, cut into their code blocks.

Every block of Python or shell is run when its page is followed from top to bottom. A comment on the
line above a block says what else to do with it:

======================  ===========================================================================
``<!-- file: x -->``    the block is the file x; if there is an x beside the page, they are equal
``<!-- shows: x -->``   the block is what the file x holds by then
``<!-- config: nst -->``  the TOML is a valid config of the method
``<!-- not run: y -->``  the block is not run, because of y; commands are parsed, Python is compiled
``<!-- output -->``     what the Python block before prints
======================  ===========================================================================
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^>]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)


@attrs.frozen
class Block:
    """One fenced block of a page."""

    where: str
    language: str
    mark: str
    text: str

    def argument(self, name: str) -> str | None:
        """Return ``x`` if the mark is ``name: x``."""
        key, separator, value = self.mark.partition(": ")
        return value if separator and key == name else None

    def commands(self) -> Iterator[tuple[str, str]]:
        """Yield each command and the output shown below it; a bash block is one command."""
        joined = re.sub(r"\\\n\s*", "", self.text)
        if self.language == "bash":
            yield joined, ""
            return
        for part in re.split(r"^\$ ", joined, flags=re.M)[1:]:
            command, _, shown = part.partition("\n")
            yield command, shown

    @property
    def runs(self) -> bool:
        """Whether the block is carried out when its page is followed."""
        return self.language in ("console", "bash", "python") and not self.mark


@attrs.frozen
class Page:
    """One page."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Path below docs/."""
        return str(self.path.relative_to(DOCS))

    def blocks(self) -> Iterator[Block]:
        """Yield the fenced blocks in order."""
        for found in BLOCK.finditer(self.text):
            line = self.text.count("\n", 0, found.start("language")) + 1
            yield Block(
                f"{self.path}:{line}", found["language"], found["mark"] or "", found["text"]
            )


def all_pages() -> list[Page]:
    """Return every Markdown page of docs/, those inside example plugins left out."""
    paths = sorted([*DOCS.glob("*.md"), *DOCS.glob("*/*.md")])
    return [Page(path, path.read_text(encoding="utf-8")) for path in paths]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test with an argument ``page`` or ``followed`` the pages it is for."""
    pages = all_pages()
    followed = [page for page in pages if any(block.runs for block in page.blocks())]
    for argument, chosen in (("page", pages), ("followed", followed)):
        if argument in metafunc.fixturenames:
            metafunc.parametrize(argument, chosen, ids=lambda page: page.name)


@pytest.fixture(scope="session")
def docs() -> Path:
    """Return the folder docs/."""
    return DOCS


@pytest.fixture(scope="session")
def pages() -> dict[str, str]:
    """Return the text of every page by its path below docs/."""
    return {page.name: page.text for page in all_pages()}


@pytest.fixture
def page_of() -> Callable[[str], Page]:
    """Return what makes a page of a text."""
    return lambda text: Page(DOCS / "page.md", text)


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the caller's shell may set."""
    for name in [name for name in os.environ if name.startswith("GEOFRAME_")]:
        if name != "GEOFRAME_DATA":
            monkeypatch.delenv(name)
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
