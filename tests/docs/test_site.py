"""The documentation site builds without a warning and has everything in it."""

from __future__ import annotations

import html
import re
import subprocess
import sys

import pytest

import geoframe
from geoframe_registry.configs import method_class
from geoframe_registry.discovery import components
from geoframe_registry.options import describe_options

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(docs, tmp_path_factory):
    """Build the site; return its folder."""
    folder = tmp_path_factory.mktemp("site")
    doctrees = tmp_path_factory.mktemp("doctrees")
    build = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    done = subprocess.run(
        [*build, "-d", str(doctrees), str(docs), str(folder)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder


def test_every_page_is_in_the_side_bar(site, pages):
    index = (site / "index.html").read_text(encoding="utf-8")
    for name in pages.keys() - {"index.md"}:
        assert f'href="{name.removesuffix(".md")}.html"' in index, name


def test_every_option_of_every_component_is_documented(site):
    page = (site / "reference/options.html").read_text(encoding="utf-8")
    _, *parts = re.split(r'<section id="([\w-]+)">', page)
    sections = {
        name: html.unescape(re.sub(r"<[^>]+>", "", section))
        for name, section in zip(parts[::2], parts[1::2], strict=True)
    }
    for spec in components():
        if spec.distribution.startswith("geoframe-"):
            section = sections[f"{spec.kind}-{spec.name}"]
            options = method_class(spec).Config if spec.kind == "method" else spec.options
            for option in describe_options(options):
                assert re.search(rf"^{re.escape(option['key'])}$", section, re.M), option["key"]
                assert one_line(option["help"]) in one_line(section)


def one_line(text: str) -> str:
    # Quotes and dashes are made typographic on the site.
    return re.sub(r"\W+", " ", text)


def test_the_interfaces_are_in_the_api_reference(site):
    page = (site / "reference/api.html").read_text(encoding="utf-8")
    for name in geoframe.__all__:
        if name.startswith("__") or name in ("open_run", "build", "run_method", "hookimpl"):
            continue
        module = getattr(geoframe, name).__module__
        assert f'id="{module}.{name}"' in page, name
