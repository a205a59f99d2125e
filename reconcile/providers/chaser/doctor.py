"""What `doctor` finds out about an account: credentials, clock, websites, statistics. Changes nothing, calls nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from reconcile.errors import ProviderError
from reconcile.model.fields import Kind
from reconcile.model.normalize import count
from reconcile.model.resource import Live
from reconcile.providers.activities import CallQuery
from reconcile.providers.base import Check
from reconcile.providers.chaser.codec import websites
from reconcile.providers.chaser.provider import WEBSITES
from reconcile.providers.http.clock import clock_check

if TYPE_CHECKING:
    from reconcile.providers.chaser.activities import ChaserActivities
    from reconcile.providers.chaser.client import Client

_OK: Final = "ok"
_WARNING: Final = "warning"
_ERROR: Final = "error"


def checks(client: Client, activities: ChaserActivities, kind: Kind) -> list[Check]:
    """Every step's finding; without an answer to the first the later steps are not tried."""
    account = client.account
    found = [Check(_OK, "configuration", f"account {account.name}: websites are read, calls are made; nothing else is")]
    try:
        raw = client.call(WEBSITES)
    except ProviderError as error:
        found.append(Check(_ERROR, "credentials", str(error)))
        return found + [Check(_WARNING, later, "not tried: there is no answer") for later in ("websites", "statistics")]
    found += [Check(_OK, "credentials", f"the service accepts the key of account {account.name}")]
    found += [clock_check(client.clock_ahead)]
    try:
        sites = websites(kind, account.name, raw, str(WEBSITES))
    except ProviderError as error:
        found.append(Check(_ERROR, "websites", str(error)))
        return [*found, Check(_WARNING, "statistics", "not tried: the list of websites can't be read")]
    found.append(Check(_OK, "websites", count(len(sites), "website")))
    if not sites:
        return [*found, Check(_WARNING, "statistics", "not tried: the account has no website")]
    return [*found, _statistics(sites[0], activities)]


def _statistics(site: Live, activities: ChaserActivities) -> Check:
    """Whether the calls of today can be read of one website."""
    now = datetime.now(UTC)
    midnight = now.astimezone(activities.zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        today = activities.calls(CallQuery(sites=(site,), since=midnight, until=now))
    except ProviderError as error:
        return Check(_ERROR, "statistics", str(error))
    return Check(_OK, "statistics", f"{count(len(today), 'call')} today at {site.address.human}")
