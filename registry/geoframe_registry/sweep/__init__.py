"""Searching a space of configs with Optuna; only :mod:`.study` imports it."""
