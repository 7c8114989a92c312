"""Layers that commute with every isometry of the form they are given (Ruhe et al. 2023)."""
