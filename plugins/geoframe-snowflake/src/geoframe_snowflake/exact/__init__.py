"""Exact embeddings without training: full, by landmarks, and of trees."""
