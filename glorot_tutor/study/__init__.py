"""The study around the core: what is run, how it is recorded, read, and judged.

`experiments` say what is to be run, `runs` runs them, `records` keeps what they measured, `reading`
reads it for figures and verdicts, `claims` judges, `tables` makes Table 1. What `reading` offers is
found here too. Nothing is loaded before it is used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
