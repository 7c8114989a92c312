"""Readers of RGB-D files: one call for whatever a user has."""

from geoframe_data.scene_files.reading import read_scenes

__all__ = ["read_scenes"]
