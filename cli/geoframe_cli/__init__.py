"""The ``geoframe`` command. Verbs are imported when used, so ``--help`` costs next to nothing."""

from geoframe_cli.app import main

__all__ = ["main"]
