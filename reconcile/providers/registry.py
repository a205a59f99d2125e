"""From an account's `provider:` to what its service can do and to the provider; each is imported only where it is used.

A third service is found by the entry point that its package declares in the group `reconcile.providers`: a class as
`base.Provider` describes it, with its `capabilities` (docs/providers.md).
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from reconcile.errors import ProviderError
from reconcile.model.capabilities import Capabilities
from reconcile.model.fields import Kinds
from reconcile.model.state import Account
from reconcile.providers.base import Provider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

#: The services that come with the program: the class that speaks to each.
BUILT_IN: Final = {"pozvonim": "Pozvonim", "chaser": "Chaser"}
#: Where other packages announce theirs.
GROUP: Final = "reconcile.providers"


def service(name: str) -> Capabilities | None:
    """What a service can do; None where there is none of this name. Raises `ProviderError` for one that is broken."""
    if name in BUILT_IN:
        module = importlib.import_module(f"reconcile.providers.{name}.capabilities")
        built_in: Capabilities = module.CAPABILITIES
        return built_in
    found = _installed().get(name)
    return None if found is None else _loaded(found).capabilities


def names() -> Collection[str]:
    """The names of all services."""
    return BUILT_IN.keys() | _installed().keys()


def open_provider(account: Account, kinds: Kinds, parallelism: int) -> Provider:
    """The provider of an account, not connected yet: the first request does that. Raises `ProviderError`."""
    if account.provider in BUILT_IN:
        module = importlib.import_module(f"reconcile.providers.{account.provider}.provider")
        made: Provider = getattr(module, BUILT_IN[account.provider])(account, kinds, parallelism=parallelism)
        return made
    provider: Provider = _loaded(_installed()[account.provider])(account, kinds, parallelism=parallelism)
    return provider


@functools.cache
def _installed() -> Mapping[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _loaded(entry: EntryPoint) -> Any:
    where = f"the provider {entry.name} ({entry.value})"
    try:
        found = entry.load()
    except Exception as error:  # somebody else's module may raise anything
        raise ProviderError(f"{where} can't be loaded: {error}") from error
    if not isinstance(getattr(found, "capabilities", None), Capabilities):
        raise ProviderError(f"{where} has no `capabilities` that say what its service can do; see docs/providers.md")
    return found
