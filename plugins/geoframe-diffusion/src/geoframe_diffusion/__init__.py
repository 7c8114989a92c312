"""Diffusion models as denoisers: what every method that uses one needs, and no method itself."""
