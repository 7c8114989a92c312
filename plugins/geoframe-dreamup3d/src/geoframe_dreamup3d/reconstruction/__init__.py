"""The model of the paper: objects found by reconstructing colour and depth alone."""
