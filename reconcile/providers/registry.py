"""From an account's `provider:` to the provider; each is imported only where it is used."""

from __future__ import annotations

from reconcile.model.state import Account
from reconcile.providers.base import Provider


def open_provider(account: Account, parallelism: int) -> Provider:
    """The provider of an account, not connected yet: the first request does that."""
    from reconcile.providers.pozvonim.provider import Pozvonim

    return Pozvonim(account, parallelism=parallelism)
