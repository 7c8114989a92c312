"""Meshes and scene files for simulators, and a check of them against the image."""
