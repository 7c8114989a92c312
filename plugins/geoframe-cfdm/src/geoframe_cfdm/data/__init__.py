"""Reading the data to sample from."""
