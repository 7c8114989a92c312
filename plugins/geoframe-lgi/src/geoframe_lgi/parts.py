"""Which rows train, validate and test: by columns, or by the files that they come from."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

import attrs
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data import Table, read_table
from geoframe_lgi.config import DataConfig


def joined(config: DataConfig, table: Table) -> tuple[Table, NDArray[np.object_] | None]:
    """Append the rows of the files of validation and test rows, read with the first one's types."""
    if config.test_path is None:
        return table, None
    tables, roles = [table], ["train"] * len(table)
    for role, path in (("validation", config.validation_path), ("test", config.test_path)):
        if path is not None:
            more = read_table(path, schema=table.schema, id=config.id, max_bytes=config.max_bytes)
            absent = [name for name in table.columns if name not in more.columns]
            if absent:
                raise DataError(f"{path}: column '{shown(absent[0])}' of {config.path} is missing")
            tables.append(more)
            roles += [role] * len(more)
    names = [name for each in tables for name in each.names]
    whole = attrs.evolve(
        table,
        frame=pd.concat([each.frame for each in tables], ignore_index=True),
        names=tuple(names) if len(names) == len(roles) else (),
        lines=None,
        notes=tuple(note for each in tables for note in each.notes),
    )
    return whole, np.array(roles, dtype=object)


def roles_of(
    table: Table, columns: Sequence[str], parts: NDArray[np.object_] | None
) -> tuple[tuple[str, NDArray[np.object_]], ...]:
    """Columns that say which rows train, validate and test: name and cells ``(n,)``."""
    if parts is not None:
        return (("files", parts),)
    return tuple((name, table.texts(name)) for name in columns)


def matching(table: Table, patterns: Sequence[str]) -> list[str]:
    """Columns of these names or patterns; a name that is no column is an error of the data."""
    found = [name for name in table.columns if any(fnmatch.fnmatch(name, p) for p in patterns)]
    for pattern in patterns:
        if not any(fnmatch.fnmatch(name, pattern) for name in table.columns) and "*" not in pattern:
            table.column(pattern, "data.splits")
    return found
