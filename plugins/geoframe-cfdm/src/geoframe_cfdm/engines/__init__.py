"""Ways to compute the posterior mean of the data; all behind :class:`base.Trajectory`."""
