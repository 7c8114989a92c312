"""Users' files as values: one reader for each kind of file, with plain arguments. Torch-free."""

import lazy_loader

# The names stand in __init__.pyi, where type checkers and editors find them too.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
