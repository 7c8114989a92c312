"""Asymmetric low-rank adapters: one factor of LoRA trained, the other frozen."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
