"""Closed-form diffusion: sampling from the exact score of a data set, without training."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
