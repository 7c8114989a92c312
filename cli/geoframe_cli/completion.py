"""Shell completion of names and run directories, from text and folders alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Verbs import this module for their --help, so whatever completing needs is imported on use.


def methods(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of an installed method."""
    from geoframe_registry.names import names

    return _items(names("geoframe.methods"), incomplete)


def component_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of any installed component."""
    from geoframe.components import KINDS
    from geoframe_registry.names import names

    return _items({name for group in KINDS.values() for name in names(group)}, incomplete)


def plugin_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of a plugin, or of a component."""
    from geoframe_registry.names import distributions

    components = component_names(ctx, param, incomplete)
    return [*_items(distributions(), incomplete), *components]


def kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a kind of component."""
    from geoframe.components import KINDS

    return _items(KINDS, incomplete)


def _items(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]
