"""Text of others made safe to show: no control sequence reaches a terminal. Torch-free."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline
    "\u2028\u2029"  # line and paragraph separator
    "\u202a-\u202e\u2066-\u2069"  # changes of direction, which show one text and mean another
    "\ud800-\udfff]"  # bytes of a file name that are no text
)


def printable(text: str) -> str:
    """Return ``text`` with what would steer a terminal, or cannot be encoded, written as escapes.

    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    return _UNSAFE.sub(_escaped, text)


def one_line(text: str) -> str:
    """Return :func:`printable` text with every run of blanks and line ends as one blank."""
    return printable(" ".join(text.split()))


def markdown(text: str) -> str:
    """Return text as one line of Markdown that shows it, whatever signs are in it.

    >>> print(markdown("a | [b](c)"))
    a \\| \\[b\\](c)
    """
    return _MARKS.sub(r"\\\g<0>", one_line(text))


_MARKS = re.compile(r"[\\`*{}\[\]<>#|~&$]|(?<!\w)_|_(?!\w)")
"""What means something in Markdown or in HTML."""


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
