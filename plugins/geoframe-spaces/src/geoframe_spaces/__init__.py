"""Spaces in closed form: constant curvature, products, and spacetimes."""
