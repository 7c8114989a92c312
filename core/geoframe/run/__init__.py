"""The run directory: complete evidence of a run, written atomically and read back safely."""
