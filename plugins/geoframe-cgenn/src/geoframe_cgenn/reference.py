"""Published numbers beside the configs that measure them again. Torch-free."""

from __future__ import annotations

from geoframe.reference import ReferenceTable

TABLES: tuple[ReferenceTable, ...] = ()
