"""Commands, configs and files in the pages are real."""

from __future__ import annotations

import re
import shlex
import tomllib
from importlib.metadata import version

import click
import pytest

from geoframe.config import TomlTable, apply_overrides, parse_override
from geoframe_cli.app import main
from geoframe_cli.scaffold import plugin_files
from geoframe_registry.configs import configure
from geoframe_registry.discovery import component_names

CACHES = {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
SHELLS = {"console", "bash"}
RUNNABLE = {*SHELLS, "zsh", "fish", "python"}
SHOWN = {"text", "csv", "toml"}
COMMAND = re.compile(r"^\$ ", re.M)
LAUNCHERS = ("-m", "geoframe_cli")
EXAMPLES = ("taxicab", "stress")
"""Names that the example plugins of the docs bring, which are not installed here."""


def invocations(command: str):
    """Yield the arguments of each call of geoframe in a shell command."""
    if "_GEOFRAME_COMPLETE" in command:  # it asks for completions of a command line
        return
    for variable, first in re.findall(r"\bfor (\w+) in (\S+)", command):
        command = command.replace(f"${variable}", first)
    for part in re.split(r"&&|\|\||[|;>\n]|\bdo\b", command):
        try:
            words = shlex.split(part, comments=True)
        except ValueError:
            continue
        while words and re.fullmatch(r"\w+=.*", words[0]):
            words = words[1:]
        if words[:1] == ["geoframe"]:
            yield words[1:]
        for start in range(len(words) - 1):
            if tuple(words[start : start + 2]) == LAUNCHERS:
                yield words[start + 2 :]


def parse(arguments: list[str]) -> click.Context | None:
    """Parse a command line without carrying it out; return the context of its verb."""
    try:
        with main.make_context("geoframe", list(arguments)) as context:
            name, verb, rest = main.resolve_command(
                context, [*context._protected_args, *context.args]
            )
            inner = verb.make_context(name, rest, parent=context)
            while isinstance(verb, click.Group):
                name, verb, rest = verb.resolve_command(
                    inner, [*inner._protected_args, *inner.args]
                )
                inner = verb.make_context(name, rest, parent=inner)
            return inner
    except click.exceptions.Exit:  # --help, --version
        return None


def unexplained(block) -> str | None:
    """Say what is wrong with a block that is not run, or None."""
    if block.language not in RUNNABLE:
        if block.language not in SHOWN:
            return f"is '{block.language}' run?"
        return "commands stand in a console block" if COMMAND.search(block.text) else None
    kind, _, said = block.mark.partition(": ")
    if block.runs or (kind in ("not run", "file", "shows") and said.strip()):
        return None
    return f"it is not run, and '{block.mark}' is no reason"


def test_what_is_not_run_says_why(page):
    for block in page.blocks():
        assert unexplained(block) is None, f"{block.where}: {unexplained(block)}"


@pytest.mark.parametrize(
    "block",
    [
        "<!-- not run -->\n```console\n$ geoframe list\n```\n",
        "<!-- not run: -->\n```bash\ngeoframe list\n```\n",
        "<!-- fragment -->\n```python\n1 + 1\n```\n",
        "```zsh\ngeoframe list\n```\n",
        "```text\n$ geoframe list\n```\n",
        "```sh\ngeoframe list\n```\n",
        "```\ngeoframe list\n```\n",
    ],
)
def test_a_block_without_a_reason_is_found(page_of, block):
    (found,) = page_of(block).blocks()
    assert unexplained(found)


def test_a_block_that_runs_or_says_why_not_is_well(page_of):
    page = page_of("```bash\nls\n```\n<!-- not run: it is for zsh -->\n```zsh\nls\n```\n")
    assert [(block.runs, unexplained(block)) for block in page.blocks()] == [
        (True, None),
        (False, None),
    ]


def test_commands_parse(page):
    for block in page.blocks():
        if block.language not in SHELLS:
            continue
        for command, shown in block.commands():
            for arguments in invocations(command):
                try:
                    context = parse(arguments)
                except click.UsageError as error:
                    pytest.fail(f"{block.where}: {command}: {error.format_message()}")
                if context is not None and context.info_name == "run" and "Error:" not in shown:
                    check_overrides(block.where, context.params)


def check_overrides(where: str, parameters: dict) -> None:
    """The keys and values after ``--set`` are those of the method."""
    pairs = [parse_override(text) for text in parameters["overrides"]]
    if parameters["method"] not in component_names("method") or any(
        value in EXAMPLES or "$" in str(value) for _, value in pairs
    ):
        return
    configure(parameters["method"], apply_overrides(TomlTable({}, name=where), pairs))


def test_inline_commands_name_verbs(page):
    prose = re.sub(r"^```.*?^```$", "", page.text, flags=re.M | re.S)
    verbs = set(main.list_commands(click.Context(main)))
    for span in re.findall(r"`geoframe ([a-z][a-z0-9-]*)[^`]*`", prose):
        assert span in verbs, f"{page.path}: no verb '{span}'"


def test_configs_are_valid(page):
    for block in page.blocks():
        if block.language == "toml":
            values = tomllib.loads(block.text)
            if method := block.argument("config"):
                configure(method, TomlTable(values, name=block.where, text=block.text))


def test_python_compiles(page):
    for block in page.blocks():
        if block.language == "python":
            compile(block.text, block.where, "exec")


def test_files_are_those_beside_the_page(page):
    shown = {name for block in page.blocks() if (name := block.argument("file"))}
    for block in page.blocks():
        name = block.argument("file")
        if name and (page.path.parent / name.split("/")[0]).is_dir():
            text = (page.path.parent / name).read_text(encoding="utf-8")
            assert block.text == text, f"{block.where} differs from {name}"
    for folder in {name.split("/")[0] for name in shown if "/" in name}:
        begun = start_of(folder, page.text)
        for path in (page.path.parent / folder).rglob("*"):
            if path.is_file() and CACHES.isdisjoint(path.parts):
                relative = str(path.relative_to(page.path.parent))
                as_begun = path.read_text(encoding="utf-8") == begun.get(relative)
                assert relative in shown or as_begun, f"{page.path} does not show {relative}"


def start_of(folder: str, text: str) -> dict[str, str]:
    """Files of a plugin that the page begins with ``geoframe new``."""
    found = re.search(r"^\$ geoframe new plugin ([\w-]+) --kind (\w+)$", text, re.M)
    if not found or folder != f"geoframe-{found[1]}":
        return {}
    files = plugin_files(found[1], found[2], core_version=version("geoframe-core"))
    return {f"{folder}/{path}": content for path, content in files.items()}


def test_the_parser_refuses_what_does_not_exist():
    assert [*invocations("A=1 geoframe list && accelerate launch -m geoframe_cli run nst")] == [
        ["list"],
        ["run", "nst"],
    ]
    loop = "for a in 1 2; do\n  geoframe run nst --seed $a\ndone\n"
    assert [*invocations(loop)] == [["run", "nst", "--seed", "1"]]
    for wrong in (["lst"], ["run", "nst", "--colour"], ["embed", "x"]):
        with pytest.raises(click.UsageError):
            parse(wrong)
