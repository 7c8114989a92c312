"""A network that votes for the centre of the object that a pixel shows."""
