"""Chaser: websites, statistics and calls (api.md 2); handlers are found by the names in `routes`."""

from reconcile.emulator.chaser.service import Chaser

__all__ = ["Chaser"]
