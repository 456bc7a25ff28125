"""Controls in notebooks, computed live with torch; the same front end serves the book's pages.

Each widget is a class on `base.Widget`; what is drawn is in `front/`, bundled in `dist/`. A page
without a kernel computes in the browser instead (`front/page/`).

The names in `__init__.pyi` are loaded when first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
