"""Files of a suite: how each is written, and what a reader has to make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from geoframe.errors import DataError

Write = Callable[[Path], object]


@attrs.frozen
class SuiteFile:
    """A file of a suite.

    Parameters
    ----------
    name
        Its name, with the suffix.
    content
        Text, bytes, or a function that writes it.
    options
        What the reader is called with besides the path.
    message
        Part of the refusal of a bad file; empty for a good one.
    """

    name: str
    content: str | bytes | Write
    options: Mapping[str, Any] = attrs.field(factory=dict)
    message: str = ""

    def write(self, folder: Path) -> Path:
        """Write the file into a folder and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.name
        if callable(self.content):
            self.content(path)
        else:
            text = self.content
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path


def check_refused(file: SuiteFile, folder: Path, read: Callable[..., object]) -> None:
    """Assert that a reader refuses a bad file in one line that names it.

    Parameters
    ----------
    read
        Called with the path and the file's options.
    """
    path = file.write(folder)
    try:
        found = read(path, **file.options)
    except DataError as error:
        said = str(error)
        assert "\n" not in said, f"{file.name}: several lines: {said!r}"
        assert file.name in said, f"{file.name}: the message names no file: {said}"
        assert file.message in said, f"{file.name}: expected {file.message!r}, got: {said}"
        assert len(said.split(file.name, 1)[1]) < 400, f"{file.name}: a long message: {said}"
    else:
        raise AssertionError(f"{file.name}: was read, as {found!r}; expected: {file.message}")


def named(files: Iterable[SuiteFile]) -> list[Any]:
    """Parameters for ``pytest.mark.parametrize``, with the files' names."""
    import pytest

    return [pytest.param(file, id=file.name) for file in files]
