"""What is wrong with pages in a browser: ``python tests/reports/browser.py PAGE...``."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
"""The command of the first browser that is there."""
MEASURE = Path(__file__).with_name("measure.html")


def measure(pages: Sequence[Path]) -> list[dict[str, Any]]:
    """Look at pages narrow and wide, light and dark, in one start of the browser.

    Returns
    -------
    list of dict
        For each page and condition its ``page``, whether it is ``dark``, its ``faults`` in words
        and how many pictures are ``named``.
    """
    assert BROWSER is not None
    addresses = json.dumps([page.absolute().as_uri() for page in pages])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "measure.html"
        path.write_text(MEASURE.read_text().replace("of PAGES)", f"of {addresses})"))
        done = subprocess.run(
            [
                *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu"),
                f"--user-data-dir={folder}/profile",
                # Pages of a folder may then be looked into, and no name leads off this machine.
                *("--allow-file-access-from-files", "--host-resolver-rules=MAP * ~NOTFOUND"),
                *("--dump-dom", path.as_uri()),
            ],
            capture_output=True,
            text=True,
            timeout=300,
        )
    found = re.search(r'<pre id="found">(.*)</pre>', done.stdout, re.DOTALL)
    assert found, f"{done.stdout[-500:]}\n{done.stderr[-500:]}"
    return list(json.loads(html.unescape(found[1])))


if __name__ == "__main__":
    for condition in measure([Path(argument) for argument in sys.argv[1:]]):
        for fault in condition["faults"]:
            print(f"{condition['page']}: {fault}")
