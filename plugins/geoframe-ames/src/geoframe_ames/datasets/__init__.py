"""Rows made up so that the answer is known."""
