"""Comparisons: modes at their own learning rates, similarity, the linear experiment."""
