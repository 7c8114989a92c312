"""Scenes: embedders from camera rows to pixels."""
