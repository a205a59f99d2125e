"""Pozvonim: a module for each subject of its calls (api.md 1.4); handlers are found by the names in `routes`."""

from reconcile.emulator.pozvonim.service import Pozvonim

__all__ = ["Pozvonim"]
