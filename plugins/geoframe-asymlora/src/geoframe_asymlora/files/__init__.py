"""Adapters and models as files."""
