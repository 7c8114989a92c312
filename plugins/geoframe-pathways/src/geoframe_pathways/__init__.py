"""Neural pathways: many small experts, routed by nearest prototype, one in memory at a time."""
