"""Shapeset-3x2 (section 2.1): `scenes` is its law, `polygons` draws, `stream` gives examples.

The names in `__init__.pyi` are loaded when first used: the sizes need no torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
