"""What a call carries, and when it is to be made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reconcile.activities.sites import Site
from reconcile.errors import UsageError
from reconcile.model.moments import Moment

if TYPE_CHECKING:
    from reconcile.providers.base import Provider
    from reconcile.workflow import Project


def defaults_for(project: Project, site: Site) -> Mapping[str, Any]:
    """What a call for a site carries where nobody says otherwise: a declared site's defaults, or its account's."""
    declared = site.declared
    return project.desired.accounts[site.account].call_defaults if declared is None else declared.call_defaults


def call_options(project: Project, site: Site, provider: Provider, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a call carries: the options of the command line over the site's defaults that its service takes.

    Raises `UsageError` for options that the service does not take, and those that need another one.
    """
    takes = provider.capabilities.call_options
    for name in given:
        if name not in takes:
            service = project.desired.accounts[site.account].provider
            known = ", ".join(option(one) for one in takes)
            raise UsageError(
                f"account {site.account} is at {service}, which does not take {option(name)}; it takes {known}"
            )
    options = {name: value for name, value in defaults_for(project, site).items() if name in takes} | dict(given)
    queued = [name for name in given if name.startswith("call_stack_")]
    if queued and options.get("nwt_action") != "always_call":
        raise UsageError(f"{option(queued[0])} is only taken together with --nwt-action always_call")
    return options


def option(name: str) -> str:
    """An option of the command line by its name in the schema."""
    return "--" + name.replace("_", "-")


def call_time(moment: Moment, provider: Provider, now: datetime) -> datetime:
    """When to call, to the second. Raises `UsageError` for a time that has passed."""
    at = moment.resolve(now, provider.activities.zone).replace(microsecond=0)
    at = at.astimezone(provider.activities.zone()) if moment.away is not None else at
    if at <= now:
        raise UsageError(f"{at:%Y-%m-%d %H:%M} ({at.tzinfo}) has passed; nothing was sent")
    return at
