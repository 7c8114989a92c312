"""What the columns of a table hold: plain values that are kept with a run. Torch-free.

Types are decided over the whole training file. New data are read with them, whatever stands in
their other rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import attrs

from geoframe_data.written_dates import Order

Kind = Literal["integer", "number", "boolean", "date", "text", "nested", "empty"]


@attrs.frozen(kw_only=True)
class ColumnType:
    """What a column holds and how it is written."""

    name: str
    kind: Kind
    decimal: str = "."
    thousands: str = ""
    dates: Order = "ymd"

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.kind in ("integer", "number")


@attrs.frozen(kw_only=True)
class Schema:
    """The columns of a training file, in order."""

    columns: tuple[ColumnType, ...]
    named: bool = True
    """Whether the file named them; if not, they are ``x0``, ``x1``, ..."""

    def __getitem__(self, name: str) -> ColumnType:
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, ColumnType]:
        return {each.name: each for each in self.columns}

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [each.name for each in self.columns]

    def to_plain(self) -> dict[str, Any]:
        """Return values that JSON can hold."""
        return attrs.asdict(self)

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Schema:
        """Rebuild what :meth:`to_plain` gave."""
        columns = tuple(ColumnType(**each) for each in values["columns"])
        return cls(columns=columns, named=values["named"])
