"""Routers: which expert an input belongs to."""
