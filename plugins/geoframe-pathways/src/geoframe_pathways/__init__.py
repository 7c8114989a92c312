"""Neural pathways: many small experts, routed by nearest prototype, one in memory at a time."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
