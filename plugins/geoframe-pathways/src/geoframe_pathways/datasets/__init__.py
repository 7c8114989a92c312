"""Datasets that come by name."""
