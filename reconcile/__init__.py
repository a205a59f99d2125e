"""Callback-widget accounts as code: plan what would change, apply exactly that, and find nothing left to do."""

__version__ = "0.1.0"
