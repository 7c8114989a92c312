"""Readers of graphs and trees, one module per family of formats; none of them unpickles."""
