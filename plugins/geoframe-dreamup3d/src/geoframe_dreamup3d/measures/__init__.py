"""Measures of segmentations, boxes, shapes and matchings."""
