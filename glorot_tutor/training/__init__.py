"""Training as in section 2.3: the loop, its schedule of records, checkpoints and resume.

The names in `__init__.pyi` are loaded when first used: a run that is not kept needs no checkpoints.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
