"""DreamUp3D for geoframe: from one RGB-D image of a table to objects. Torch-free at import."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
