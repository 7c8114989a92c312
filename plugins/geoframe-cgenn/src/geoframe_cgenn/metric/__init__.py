"""Quadratic forms as geometry, fixed or learned, and what a learned one says about the data."""
