"""Merging branches: late, of those that held-out rows keep, or by attention in one network."""
