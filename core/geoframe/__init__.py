"""geoframe: methods that learn or exploit geometry, as plugins on a small core.

The names of ``__init__.pyi`` are imported when first used, so ``import geoframe`` costs next to
nothing: not even the stub is read before.
"""

from __future__ import annotations

import sys

__version__ = "0.2.0"


def __getattr__(name: str) -> object:
    """Read the stub, and leave the looking up of names to lazy_loader from then on."""
    import lazy_loader

    module = sys.modules[__name__]
    module.__getattr__, module.__dir__, module.__all__ = lazy_loader.attach_stub(__name__, __file__)
    return getattr(module, name)


def __dir__() -> list[str]:
    """List the public names."""
    names: list[str] = __getattr__("__all__")  # type: ignore[assignment]
    return names
