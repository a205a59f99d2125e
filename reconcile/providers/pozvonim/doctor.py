"""What `doctor` finds out about an account: whether each method that reads works, in the way that the product uses it.

Changes nothing: every request is a GET. What every other step needs is a token; any other failure stops no other step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from reconcile.errors import BadAnswer, ServiceError
from reconcile.model.fields import profile_kind
from reconcile.model.normalize import count
from reconcile.model.resource import Live
from reconcile.providers.activities import Activities, CallQuery, Purse
from reconcile.providers.base import Check, Level
from reconcile.providers.findings import Findings, Seen
from reconcile.providers.http.clock import CLOCK_TOLERANCE, clock_check, clock_difference
from reconcile.providers.http.protocol import Request
from reconcile.providers.pozvonim.activities import PAYMENT_PATHS, PozvonimActivities
from reconcile.providers.pozvonim.activities_codec import purse_balance, zone_of
from reconcile.providers.pozvonim.assumed import NO_RIGHT, PROFILE_ZONE
from reconcile.providers.pozvonim.codec import SECTIONS, list_items
from reconcile.providers.pozvonim.protocol import TOKEN
from reconcile.providers.pozvonim.reading import Look, Rung, read_clients
from reconcile.providers.pozvonim.studio import CLIENTS, PROFILE, decode_client, decode_profile

if TYPE_CHECKING:
    from reconcile.providers.pozvonim.client import Client
    from reconcile.providers.pozvonim.reading import Reader

#: How far back calls are looked for.
PERIOD: Final = timedelta(days=1)
#: What is asked of one of the studio's clients: the subjects of findings, and their methods.
OF_A_CLIENT: Final = (
    ("one client", "GET /contributors/:id"),
    ("sites of a client", "GET /contributors/:id/sites"),
    ("one site of a client", "GET /contributors/:id/sites/:id"),
    ("calls of a client", "GET /contributors/:id/calls"),
    ("one call of a client", "GET /contributors/:id/calls/:id"),
)
#: Where a file declares the undocumented fields of a section.
DECLARED: Final = {"site": "of a site", "widget": "of a widget", "blacklists": "of a blacklist"}


def checks(client: Client, reader: Reader) -> list[Check]:
    """Every finding, in order."""
    return _Examination(client, reader).run()


class _Examination:
    """One look at one account. `undocumented` is what was seen of it, by the ids of the sites that were seen whole."""

    def __init__(self, client: Client, reader: Reader) -> None:
        self.client = client
        self.reader = reader
        self.found = Findings()
        self.undocumented: dict[int, frozenset[str]] = {}

    def run(self) -> list[Check]:
        account, found = self.client.account, self.found
        found.add(
            Level.OK,
            "configuration",
            f"{account.encoding} bodies, updates by {account.update_method}, payments by POST "
            f"{PAYMENT_PATHS[account.payment_route].format(id=':id')}; not tried, because nothing is changed here",
        )
        has_token = found.step("credentials", str(TOKEN), self.credentials)
        if has_token or self.client.clock_ahead is not None:
            found.checks.append(clock_check(self.client.clock_ahead))
        if not has_token:
            found.skip("everything else", "there is no token")
            return found.checks
        profile = found.step("profile", str(PROFILE), self.profile)
        # The zone is needed to read dates; without the profile what the service documents is good enough to look.
        activities = PozvonimActivities(self.client, zone=profile or ZoneInfo(PROFILE_ZONE))
        found.step("server time", "GET /server/time/now", lambda: self.server_time(activities))
        own = self.sites()
        self.calls(activities)
        clients_site = self.clients(activities)
        self.widgets(activities, own or clients_site)
        found.checks += undocumented_checks(self.undocumented)
        return found.checks

    # --- the account itself -------------------------------------------------------------------------------------------

    def credentials(self) -> Seen[bool]:
        client = self.client
        client.tokens.current()
        if client.key_warning:
            return Seen(True, client.key_warning, Level.WARNING)
        which = ""
        if client.account.next_key not in (None, client.key):
            which = " for its own `api_key`; the key of `profile:` is not in use yet"
        return Seen(True, f"the service gave account {client.account.name} a token{which}")

    def profile(self) -> Seen[tzinfo]:
        """The profile's zone."""
        raw = self.client.call(PROFILE)
        live = decode_profile(self.client.account.name, raw, self.client.key)
        zone = zone_of(raw)
        balances = [(purse, purse_balance(raw, purse)) for purse in Purse]
        told = ", ".join(f"{purse} {balance:.2f}" for purse, balance in balances if balance is not None)
        kind = profile_kind()
        named = "" if live.values[kind.index("timezone")] else ", which is assumed, because none is told"
        message = f"time zone {zone}{named}; balances: {told or 'not told'}"
        if live.values[kind.index("api_enable")] is False:
            return Seen(zone, f"{message}; the API is told to be off, although it answers", Level.WARNING)
        return Seen(zone, f"{message}; the API is on")

    def server_time(self, activities: Activities) -> Seen[None]:
        told = activities.time()
        if told.ahead is not None and abs(told.ahead) > CLOCK_TOLERANCE:
            message = f"{told.shown}, {clock_difference(told.ahead)} this machine's clock"
            if abs(self.client.clock_ahead or 0) <= CLOCK_TOLERANCE:  # the clocks themselves agree
                message += "; is the profile's time zone right?"
            return Seen(None, message, Level.WARNING)
        return Seen(None, told.shown)

    # --- sites --------------------------------------------------------------------------------------------------------

    def sites(self, owner: int | None = None) -> Live | None:
        """An owner's sites: the list, by `ids[]` where it is brief, and the first one by itself, which is given."""
        path, of = ("/sites", "") if owner is None else ("/contributors/:id/sites", " of a client")
        whose = "the account has no sites of its own" if owner is None else f"client {owner} has no sites"
        looks = self.found.step(f"sites{of}", f"GET {path}", lambda: self.listed(owner))
        if not looks:
            why = "the list can't be read" if looks is None else whose
            self.found.skip(f"one site{of}", why, f"GET {path}/:id")
            return None
        brief = [look.site.id for look in looks if look.undocumented is None]
        if brief:
            self.found.step(f"sites{of} by ids", f"GET {path}?ids[]", lambda: self.by_ids(brief, owner))
        first = looks[0].site
        alone = self.found.step(f"one site{of}", f"GET {path}/:id", lambda: self.one_site(first.id, owner))
        return alone or first

    def listed(self, owner: int | None) -> Seen[list[Look]]:
        looks = self.reader.look_at_list(owner)
        whole = self.note(looks)
        rung = f"; {Rung.LIST.value}" if looks and whole == len(looks) else ""
        return Seen(looks, count(len(looks), "site") + ("" if owner is None else f" of client {owner}") + rung)

    def by_ids(self, brief: list[int], owner: int | None) -> Seen[Rung]:
        rung, looks = self.reader.look_by_ids(brief, owner)
        self.note(looks)
        return Seen(rung, rung.value)

    def one_site(self, known: int, owner: int | None) -> Seen[Live]:
        look = self.reader.look_at_one(known, owner)
        self.note([look])
        return Seen(look.site, f"site {known} ({look.site.address.human}) can be read by itself")

    def note(self, looks: list[Look]) -> int:
        """Remembers what nobody documents; gives how many of the sites were seen whole."""
        whole = {look.site.id: look.undocumented for look in looks if look.undocumented is not None}
        self.undocumented |= whole
        return len(whole)

    # --- clients ------------------------------------------------------------------------------------------------------

    def clients(self, activities: Activities) -> Live | None:
        """The studio's clients, and the first one in detail; gives a site of its."""
        clients = self.found.step("clients", str(CLIENTS), self.listed_clients)
        if not clients:
            why = "the list of clients can't be read" if clients is None else "the account has no clients"
            for subject, request in OF_A_CLIENT:
                self.found.skip(subject, why, request)
            return None
        known = clients[0].id
        self.found.step("one client", "GET /contributors/:id", lambda: self.one_client(activities, known))
        site = self.sites(known)
        self.calls(activities, known)
        return site

    def listed_clients(self) -> Seen[tuple[Live, ...] | None]:
        """The clients; None where the account has no right to ask."""
        try:
            clients = tuple(decode_client(self.client.account.name, raw) for raw in read_clients(self.client))
        except (ServiceError, BadAnswer) as error:
            if error.status not in NO_RIGHT:
                raise
            may_not = f"the account has no right to its clients (HTTP {error.status})"
            return Seen(None, f"{may_not}; only projects that declare clients need it", Level.WARNING)
        return Seen(clients, count(len(clients), "client"))

    def one_client(self, activities: Activities, known: int) -> Seen[None]:
        client = activities.client(known)
        balance = "not told" if client.balance is None else f"{client.balance:.2f}"
        return Seen(None, f"client {client.id}; balance: {balance}")

    # --- calls and widgets --------------------------------------------------------------------------------------------

    def calls(self, activities: Activities, owner: int | None = None) -> None:
        """An owner's calls of a short period, and the last of them in detail."""
        path, of = ("/calls", "") if owner is None else ("/contributors/:id/calls", " of a client")
        now = datetime.now(UTC)
        query = CallQuery(since=now - PERIOD, until=now, owner=owner)
        period = f"in the last {PERIOD / timedelta(hours=1):g} hours"

        def listed() -> Seen[str]:
            calls = activities.calls(query)
            return Seen(calls[-1].id if calls else "", f"{count(len(calls), 'call')} {period}")

        def one(known: str) -> Seen[None]:
            activities.call_details(known, owner)
            return Seen(None, f"call {known} can be read by itself")

        last = self.found.step(f"calls{of}", f"GET {path}", listed)
        if last:
            self.found.step(f"one call{of}", f"GET {path}/:id", lambda: one(last))
        else:
            why = "the list can't be read" if last is None else f"there were no calls {period}"
            self.found.skip(f"one call{of}", why, f"GET {path}/:id")

    def widgets(self, activities: Activities, site: Live | None) -> None:
        """The list of widgets, and the widget of one site."""
        listed = Request("GET", "/widget", slow=True)

        def all_of_them() -> Seen[None]:
            return Seen(None, count(len(list_items(self.client.call(listed), str(listed))), "widget"))

        self.found.step("widgets", str(listed), all_of_them)
        if site is None:
            self.found.skip("one widget", "there is no site", "GET /widget/:id")
            return

        def of_site() -> Seen[None]:
            return Seen(None, f"widget {activities.widget(site).id} of {site.address.human}")

        self.found.step("one widget", "GET /widget/:id", of_site)


def undocumented_checks(seen: Mapping[int, frozenset[str]]) -> list[Check]:
    """The undocumented fields of sites by section, the most frequent first; `seen` are their paths by site."""
    if not seen:
        return [Check(Level.SKIP, "undocumented fields", "not tried: no site was seen whole")]
    times = Counter(path for paths in seen.values() for path in paths)
    if not times:
        return [Check(Level.OK, "undocumented fields", f"none in {count(len(seen), 'site')}")]
    found = []
    for section in SECTIONS:
        names: dict[int, list[str]] = {}
        for path, often in sorted(times.items(), key=lambda item: (-item[1], item[0])):
            if path.startswith(f"{section}."):
                names.setdefault(often, []).append(path.removeprefix(f"{section}."))
        if names:
            of = f"of {count(len(seen), 'site')}"
            said = "; ".join(f"{', '.join(same)} in {often} {of}" for often, same in names.items())
            message = f"{said}; `raw:` {DECLARED[section]} is where they can be declared"
            found.append(Check(Level.OK, f"undocumented fields of {section}", message))
    return found
