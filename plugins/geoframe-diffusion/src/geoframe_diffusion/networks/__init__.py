"""Trained networks as denoisers."""
