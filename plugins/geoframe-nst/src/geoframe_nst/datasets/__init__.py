"""Graphs by name: classes with options and ``load() -> Graph``, all torch-free.

A stored dataset lies in a folder below ``$GEOFRAME_DATA``, or where its option ``root`` says.
Each class is its own options class, so its entry point names it directly.
"""
