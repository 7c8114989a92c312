"""Trees as they are given: codes, bounds, and what a network sees of a node."""
