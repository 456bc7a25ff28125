from .base import Widget as Widget
