"""DreamUp3D for geoframe: from one RGB-D image of a table to objects. Torch-free at import."""
