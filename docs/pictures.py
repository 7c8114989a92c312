"""Draw the pictures of the methods' pages again: ``python docs/pictures.py`` (or ``make picture``).

Each is a figure of a real run of an example that the plugin brings.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import geoframe
from geoframe.config import load_toml

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"

PICTURES = {
    # method: (example, figure)
    "nst": ("edges.toml", "space_and_time"),
    "hnn": ("python-library.toml", "poincare_disc"),
    "lgi": ("wines.toml", "peers"),
    "ames": ("wines.toml", "peers"),
    "cfdm": ("digits.toml", "samples_and_training_items"),
    "snowflake": ("karate.toml", "embedding"),
    "pathways": ("quickstart.toml", "cells"),
    "cgenn": ("quickstart.toml", "metric"),
    "sdi": ("digits.toml", "views_auto"),
    "dreamup3d": ("classical.toml", "worst_scenes"),
}


def main(methods: list[str]) -> None:
    """Run the examples of the methods named, or of all, and keep a figure of each."""
    for method in methods or PICTURES:
        example, figure = PICTURES[method]
        config = load_toml(ROOT / "plugins" / f"geoframe-{method}" / "examples" / example)
        with tempfile.TemporaryDirectory() as folder:
            run = geoframe.run_method(method, config, path=Path(folder) / "run")
            picture = IMAGES / f"{method}.svg"
            shutil.copy(run.path / "figures" / f"{figure}.svg", picture)
        print(picture)


if __name__ == "__main__":
    main(sys.argv[1:])
