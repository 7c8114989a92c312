"""The graph neural network on top of the drawn graphs."""
