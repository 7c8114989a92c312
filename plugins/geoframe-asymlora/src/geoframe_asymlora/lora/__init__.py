"""The adapter: low-rank factors of which one is trained."""
