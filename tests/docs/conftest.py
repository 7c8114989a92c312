"""The pages of docs/, cut into their code blocks.

A comment on the line above a block says what to do with it:

======================  ===========================================================================
``<!-- file: x -->``    the block is the file x; if there is an x beside the page, they are equal
``<!-- shows: x -->``   the block is what the file x holds by then
``<!-- config: nst -->``  the TOML is a valid config of the method
``<!-- fragment -->``   Python that shows a signature or a part, and is not run
``<!-- run -->``        console commands that are run, as those of tutorials always are
``<!-- not run -->``    console commands of a tutorial that are not run
``<!-- output -->``     what the Python block before prints
======================  ===========================================================================
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
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
        """Yield each command after a ``$`` and the output shown below it."""
        joined = re.sub(r"\\\n\s*", "", self.text)
        for part in re.split(r"^\$ ", joined, flags=re.M)[1:]:
            command, _, shown = part.partition("\n")
            yield command, shown


@attrs.frozen
class Page:
    """One page."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Path below docs/."""
        return str(self.path.relative_to(DOCS))

    @property
    def is_tutorial(self) -> bool:
        """Whether a reader follows it step by step."""
        return self.path.parent.name == "tutorial"

    def blocks(self) -> Iterator[Block]:
        """Yield the fenced blocks in order."""
        for found in BLOCK.finditer(self.text):
            line = self.text.count("\n", 0, found.start("language")) + 1
            yield Block(
                f"{self.path}:{line}", found["language"], found["mark"] or "", found["text"]
            )

    def runs(self, block: Block) -> bool:
        """Whether a block is carried out when the page is followed."""
        if block.language == "console":
            return block.mark == "run" or (self.is_tutorial and block.mark != "not run")
        return block.language == "python" and not block.mark


def all_pages() -> list[Page]:
    """Return every Markdown page of docs/, those inside example plugins left out."""
    paths = sorted([*DOCS.glob("*.md"), *DOCS.glob("*/*.md")])
    return [Page(path, path.read_text(encoding="utf-8")) for path in paths]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test with an argument ``page`` or ``followed`` the pages it is for."""
    pages = all_pages()
    followed = [page for page in pages if any(page.runs(block) for block in page.blocks())]
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
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the caller's shell may set."""
    for name in [name for name in os.environ if name.startswith("GEOFRAME_")]:
        if name != "GEOFRAME_DATA":
            monkeypatch.delenv(name)
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
