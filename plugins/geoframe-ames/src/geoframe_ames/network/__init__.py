"""One network with several graphs at once."""
