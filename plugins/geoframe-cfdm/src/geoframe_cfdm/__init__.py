"""Closed-form diffusion: sampling from the exact score of a data set, without training."""
