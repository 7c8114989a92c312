"""Data in memory as files that a method's own readers understand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from geoframe.entry_points import declared
from geoframe.errors import DataError
from geoframe.importing import import_target

WRITERS = "geoframe.data_writers"
"""Entry-point group: kind of data -> function that writes data in memory as a file of that kind.

It is called as ``write(data, labels, folder)`` and returns options of a ``[data]`` table, ``path``
and maybe ``labels``, or None if the data are not of its kind.
"""
LABELS = ("labels", "label", "target")
"""What methods call the option that names the labels."""


def write_data(
    kinds: Sequence[str], data: Any, labels: Any, folder: Path, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Write data in memory into ``folder`` and return options of ``[data]`` that read them.

    Parameters
    ----------
    kinds
        Kinds of data that the method takes; the first whose writer understands the data counts.
    data, labels
        The data, and labels ``(n,)`` or None.
    options
        What the ``[data]`` table of the method knows, by name: attrs attributes.

    Raises
    ------
    DataError
        If no writer understands them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for kind in kinds:
        write = _writer(kind)
        written = None if write is None else write(data, labels, folder)
        if written is not None:
            return _in_words_of(options, written)
    if getattr(getattr(data, "dtype", None), "kind", "") == "c":
        raise DataError("Complex data not supported; give real and imaginary part as columns")
    if hasattr(data, "toarray"):
        raise DataError("sparse input is not supported here; give X.toarray()")
    given = type(data).__name__
    raise DataError(
        f"the method takes {' or '.join(kinds) or 'files'}, and {_article(given)} {given} is not "
        "understood as such; save it to a file and give the path"
    )


def _article(word: str) -> str:
    return "an" if word[:1].lower() in "aeiou" else "a"


def _writer(kind: str) -> Callable[[Any, Any, Path], Mapping[str, Any] | None] | None:
    for point in declared(WRITERS, kind):
        write: Any = import_target(point.value, f"writer of '{kind}'", str(point.dist))
        return write  # type: ignore[no-any-return]
    return None


def _in_words_of(section: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """Call the option of the labels what the method calls it."""
    options = {key: value for key, value in written.items() if key != "labels"}
    if "labels" in written:
        named = next((name for name in LABELS if name in section), None)
        if named is None:
            raise DataError("this method takes no labels; leave y out")
        # A method that can predict several columns takes a list of them.
        several = isinstance(section[named].default, tuple)
        options[named] = [written["labels"]] if several else written["labels"]
    return options
