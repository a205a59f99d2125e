"""What `doctor` finds out about an account: credentials, clock, websites, statistics. Changes nothing, calls nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reconcile.model.fields import Kind
from reconcile.model.normalize import count
from reconcile.model.resource import Live
from reconcile.providers.activities import Activities, CallQuery
from reconcile.providers.base import Check, Level
from reconcile.providers.chaser.codec import websites
from reconcile.providers.chaser.provider import WEBSITES
from reconcile.providers.findings import Findings, Seen
from reconcile.providers.http.clock import clock_check

if TYPE_CHECKING:
    from reconcile.providers.chaser.client import Client

STATISTICS = "GET /statistics"


def checks(client: Client, activities: Activities, kind: Kind) -> list[Check]:
    """Every finding, in order; without an answer to the first method (29) nothing else is tried."""
    name = client.account.name
    found = Findings()

    def listed() -> Seen[tuple[Any]]:  # in a tuple, because null is an answer, too
        return Seen((client.call(WEBSITES),), f"the service accepts the key of account {name}")

    def read(answer: Any) -> Seen[tuple[Live, ...]]:
        sites = websites(kind, name, answer, str(WEBSITES))
        return Seen(sites, count(len(sites), "website"))

    found.add(Level.OK, "configuration", "websites are read, calls are counted and made; nothing else has a method")
    answer = found.step("credentials", str(WEBSITES), listed)
    if answer is not None or client.clock_ahead is not None:
        found.checks.append(clock_check(client.clock_ahead))
    if answer is None:
        found.skip("everything else", "there is no answer")
        return found.checks
    sites = found.step("websites", str(WEBSITES), lambda: read(answer[0]))
    if sites:
        found.step("statistics", STATISTICS, lambda: _statistics(sites[0], activities))
    else:
        why = "the list of websites can't be read" if sites is None else "the account has no websites"
        found.skip("statistics", why, STATISTICS)
    found.skip("call", "it would ring", "POST /call")
    return found.checks


def _statistics(site: Live, activities: Activities) -> Seen[None]:
    """Whether the calls of today can be read of one website (30)."""
    now = datetime.now(UTC)
    midnight = now.astimezone(activities.zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    today = activities.calls(CallQuery(sites=(site,), since=midnight, until=now))
    return Seen(None, f"{count(len(today), 'call')} today at {site.address.human}")
