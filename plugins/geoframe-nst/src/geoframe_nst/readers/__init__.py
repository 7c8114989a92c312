"""Readers of users' graph files, one module per family of formats; none of them unpickles."""
