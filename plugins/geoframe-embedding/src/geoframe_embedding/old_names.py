"""Names that parts of a model had in runs of series 0.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def rename(state: dict[str, Any], prefix: str, names: Mapping[str, str]) -> None:
    """Give the tensors of a state dict below ``prefix`` the names of today, in place.

    Parameters
    ----------
    names
        Old beginning of a name -> what stands there today.
    """
    for key in [key for key in state if key.startswith(prefix)]:
        for old, new in names.items():
            if key.startswith(prefix + old):
                state[prefix + new + key[len(prefix + old) :]] = state.pop(key)
                break
