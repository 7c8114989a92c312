"""The default trainer: a gradient loop on accelerate."""
