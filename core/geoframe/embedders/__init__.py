"""The embedders that every method can use."""
