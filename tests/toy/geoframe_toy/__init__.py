"""The smallest real plugin: least squares. Tests put it on the path and declare it."""
