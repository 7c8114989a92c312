"""Passwords taken out of command lines before they are kept or shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "***"

_SECRET = r"(?:password|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|credentials?)"
_IN_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s?#]*@")
"""User and password of an address. A password may hold any sign, even ``/`` and ``@``."""
_ASSIGNED = re.compile(rf"(?P<name>{_SECRET}[\w-]*\s*[=:]\s*)(?P<value>[^&\s]+)", re.IGNORECASE)
_OPTION = re.compile(rf"-[\w.-]*{_SECRET}[\w-]*", re.IGNORECASE)


def redacted(text: str) -> str:
    """Return ``text`` without passwords: those in addresses, and what is assigned to such a name.

    >>> redacted("postgresql://me:pass@host/db?sslmode=require")
    'postgresql://***@host/db?sslmode=require'
    >>> redacted("storage.token=abc")
    'storage.token=***'
    """
    text = _IN_URL.sub(rf"\g<scheme>{HIDDEN}@", text)
    return _ASSIGNED.sub(rf"\g<name>{HIDDEN}", text)


def redacted_arguments(arguments: Iterable[str]) -> list[str]:
    """Return the words of a command line without passwords.

    What follows an option that is called after one, as ``--password``, is left out too.
    """
    words: list[str] = []
    secret_follows = False
    for word in arguments:
        words.append(HIDDEN if secret_follows else redacted(word))
        secret_follows = _OPTION.fullmatch(word) is not None
    return words
