"""A small class-conditional network that is trained from images."""
