"""The finite data sets of the paper, and one that is newer, each as a stream like Shapeset's.

`source(name)` gives a data set: what is learned from it is a `Stream`, what is tested on never
changes. `published` says what the files are, `packed` and `reading` find and check them,
`fetching` downloads them. Small-ImageNet is built by a script, `extras/small_imagenet`.

The names in `__init__.pyi` are loaded when first used: getting files needs no torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
