"""Taxicab geometry for geoframe."""
