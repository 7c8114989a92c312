"""Readers of RGB-D files: one call for whatever a user has."""

from geoframe_data.scene_files.reading import colour_images, read_scenes

__all__ = ["colour_images", "read_scenes"]
