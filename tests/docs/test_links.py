"""Links between pages lead somewhere, and every page can be reached from the index."""

from __future__ import annotations

import re
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def anchors(text: str) -> set[str]:
    """Names of the headings, as Markdown renderers make them."""
    headings = re.findall(r"^#+ (.+)$", prose(text), flags=re.M)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


def links(text: str) -> list[tuple[str, str]]:
    """Targets and anchors of the links to files."""
    found = (link for link in LINK.findall(prose(text)) if not re.match(r"\w+:", link))
    return [(target, anchor) for target, _, anchor in (link.partition("#") for link in found)]


def test_links_resolve(page):
    for target, anchor in links(page.text):
        path = (page.path.parent / target).resolve() if target else page.path
        assert path.exists(), f"{page.path}: no {target}"
        if anchor:
            assert anchor in anchors(path.read_text(encoding="utf-8")), f"{page.path}: #{anchor}"


def test_every_page_is_in_the_index(pages, docs):
    linked = {str(Path(target)) for target, _ in links(pages["index.md"])}
    unlinked = pages.keys() - linked - {"index.md"}
    # Explanations of methods come with their plugins; the side bar of the site has them all.
    assert {name for name in unlinked if not name.startswith("explanation/")} == set()


def test_pages_start_with_their_title(page):
    assert re.match(r"# \S", page.text)
    assert len(re.findall(r"^# ", prose(page.text), flags=re.M)) == 1
