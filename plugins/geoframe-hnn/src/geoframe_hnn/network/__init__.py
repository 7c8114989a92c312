"""Networks from nodes to hyperbolic points: layers, memorising and training."""
