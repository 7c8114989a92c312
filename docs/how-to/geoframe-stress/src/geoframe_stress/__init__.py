"""Multidimensional scaling in any geometry, for geoframe."""
