"""A living reproduction of Glorot & Bengio (2010): networks, data, instruments, claims.

The public names are listed in `__init__.pyi`. Each is loaded when first used, so a page that
only draws does not wait for torch, nor a training run for the plotting libraries.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = "0.1.0"
