from .base import Widget as Widget
from .explorer import Explorer as Explorer
from .surface import CostSurface as CostSurface
