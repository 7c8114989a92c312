"""Orders of nodes: learned maps, linear extensions, realizers and modules."""
