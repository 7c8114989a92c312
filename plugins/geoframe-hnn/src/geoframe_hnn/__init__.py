"""Hyperbolic embeddings of weighted trees: constructed, certified, and trained for comparison."""
