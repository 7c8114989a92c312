"""Several latent graphs and geometries at once: which of them predict, and which the data have."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
