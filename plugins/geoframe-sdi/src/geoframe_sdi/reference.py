"""Tables that ``geoframe reproduce sdi`` measures. Torch-free."""

from __future__ import annotations

from geoframe.reference import ReferenceTable

TABLES: tuple[ReferenceTable, ...] = ()
