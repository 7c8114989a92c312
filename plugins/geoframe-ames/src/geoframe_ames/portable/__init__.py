"""Screened branches as one module of plain tensor operations, for ``torch.export``."""
