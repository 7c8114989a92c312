"""The experts: their shape, how they are trained together, kept and read."""
