"""Other training-free denoisers, as samplers of the same interface, to compare with."""
