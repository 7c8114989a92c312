"""A config from the command line: ``--config``, ``--set`` and ``--seed``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from geoframe_cli import completion

if TYPE_CHECKING:
    from geoframe.config import TomlTable

F = TypeVar("F", bound=Callable[..., Any])


def options_of_a_config(command: F) -> F:
    """Add the options that :func:`read_config` takes."""
    command = click.option("--seed", type=int, help="Seed of the run; the same as --set seed=N.")(
        command
    )
    command = click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY.PATH=VALUE",
        shell_complete=completion.set_keys,
        help="Replace one option; may be repeated.",
    )(command)
    return click.option("--config", type=click.Path(), help="The TOML file with the options.")(
        command
    )


def read_config(path: str | None, overrides: tuple[str, ...], seed: int | None) -> TomlTable:
    """Read the file and lay ``--set`` and then ``--seed`` over it.

    Raises
    ------
    ConfigError
        If the file cannot be read, or with every override that is not ``key.path=value``.
    """
    from pathlib import Path

    from geoframe.config import TomlTable, apply_overrides, load_toml, parse_override
    from geoframe.errors import ConfigError

    pairs: list[tuple[str, object]] = []
    problems: list[str] = []
    for text in overrides:
        try:
            pairs.append(parse_override(text))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    if seed is not None:
        pairs.append(("seed", seed))
    return apply_overrides(load_toml(Path(path)) if path else TomlTable({}), pairs)
