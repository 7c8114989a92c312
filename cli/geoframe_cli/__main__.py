"""The process ``geoframe``: the installed script, or ``python -m geoframe_cli``."""

from __future__ import annotations

from typing import NoReturn

from geoframe_cli import main
from geoframe_cli.signals import until_the_end


def command() -> NoReturn:
    """Be ``geoframe`` from here to the end of the process."""
    with until_the_end():
        main(prog_name="geoframe")
    raise AssertionError("click ends a process itself")  # pragma: no cover


if __name__ == "__main__":
    command()
