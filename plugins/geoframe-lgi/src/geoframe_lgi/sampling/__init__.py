"""Sampling a sparse graph from distances: the exponential race and its temperature."""
