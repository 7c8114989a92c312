"""Trees in hyperbolic space: the construction, its views, scale and certificate."""
