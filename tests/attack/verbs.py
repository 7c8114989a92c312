"""Verbs of the command line that take a file, found in what they declare."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import click

from attack.methods import APPLY, Surface

OUTPUTS = {"output", "run_dir", "page"}
"""Names of parameters that name what is written."""
ELSEWHERE = {("try",), ("apply",), ("embed",), ("check",), ("reproduce",)}
"""Verbs that have cases of their own; embed is apply, and the last two build and train."""
SHORT = {("run",): ("--set", "trainer.steps=2")}
"""What keeps short what a verb does with a file that it takes: an empty config is one."""
VERB = "verbs"
"""What stands for a method where a verb is the core's."""


@attrs.frozen(eq=False)
class VerbSurface(Surface):
    """A verb and one of its parameters that names a file."""

    words: tuple[str, ...] = ()
    """Words after ``geoframe``; ``{target}`` and ``{run}`` stand for paths."""

    def command(self, target: object, run: object = None) -> list[str]:
        """Return the words with the paths in them."""
        return [word.format(target=target, run=run or target) for word in self.words]


def verb_surfaces(methods: list[Surface]) -> list[Surface]:
    """Return every verb's every parameter that names a file to read."""
    import geoframe_cli.app

    packages = {each.method: each.package for each in methods if each.option == APPLY}
    found = []
    for words, command in _leaves(geoframe_cli.app.main, ()):
        if words in ELSEWHERE:
            continue
        method = words[0] if words[0] in packages else VERB
        for parameter in command.params:
            if isinstance(parameter.type, click.Path) and parameter.name not in OUTPUTS:
                given = (*_given(command, parameter), *SHORT.get(words, ()))
                found.append(
                    VerbSurface(
                        method=method,
                        option=f"{' '.join(words)} {parameter.human_readable_name}",
                        several=False,
                        base=(),
                        package=packages.get(method, "geoframe_cli"),
                        step=12,
                        words=(*words, *given),
                    )
                )
    return [*found]


def _leaves(
    command: click.Command, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        if below is not None:
            yield from _leaves(below, (*words, name))


def _given(command: click.Command, attacked: click.Parameter) -> Iterator[str]:
    """Yield the words for the attacked parameter and for those that are required."""
    for parameter in command.params:
        if not parameter.required and parameter is not attacked:
            continue
        if isinstance(parameter, click.Option):
            yield parameter.opts[-1]
        if parameter.name in OUTPUTS:
            yield "made"
        elif parameter is attacked or isinstance(parameter.type, click.Path):
            yield "{run}" if parameter.name == "run" and parameter is not attacked else "{target}"
            if parameter.nargs == -1:  # some want two at least
                yield "{target}"
        else:
            yield "nst" if parameter.name == "method" else "1"
