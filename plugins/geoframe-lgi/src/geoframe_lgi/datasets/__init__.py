"""Small graphs of labelled nodes by name."""
