"""Scenes made up by rule: shapes, resting places, cameras, images, noise of a depth sensor."""
