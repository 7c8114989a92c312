"""Readers of users' files, one module per family of formats; none of them unpickles."""
