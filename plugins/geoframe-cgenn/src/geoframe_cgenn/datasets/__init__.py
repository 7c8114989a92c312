"""Data of the published experiments and of those that make a learned metric measurable."""
