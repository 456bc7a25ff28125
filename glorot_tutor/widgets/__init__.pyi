from .base import Widget as Widget
from .browser import Browser as Browser
from .explorer import Explorer as Explorer
from .surface import CostSurface as CostSurface
from .watcher import Watcher as Watcher
