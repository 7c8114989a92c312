"""Knowing objects again: codes of two images assigned to each other."""
