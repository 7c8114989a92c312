"""Coordinates in plain float32 arrays, so near the centre that rounding leaves them right."""
