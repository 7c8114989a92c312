"""A plugin as plugins were written for geoframe-core 0.1."""
