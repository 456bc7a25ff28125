from .base import Widget as Widget
from .browser import Browser as Browser
