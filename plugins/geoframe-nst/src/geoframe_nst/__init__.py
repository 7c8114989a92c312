"""Neural spacetimes: one vector a node for how far and for what came before."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
