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


def set_keys(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the key of ``--set`` from the options of the method on the command line.

    Of a component the options are those that it has by default. The method's config is imported,
    which does without torch.
    """
    from click.shell_completion import CompletionItem

    from geoframe.errors import GeoframeError
    from geoframe_registry.options import settable

    # Before a '--set' that has no value yet click parses options only, and leaves arguments.
    method = ctx.params.get("method") or next(iter(ctx.args), None)
    if method is None or "=" in incomplete:
        return []
    try:
        keys = list(settable(method))
    except GeoframeError:  # there is no such method, or it is broken: running it will tell
        return []
    return [
        CompletionItem(f"{key}=", help=text) for key, text in keys if key.startswith(incomplete)
    ]


def _items(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]
