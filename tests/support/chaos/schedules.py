"""What happens in one schedule: a pure function of its seed.

Declared values are written in the one spelling that the wire knows for them, so that what is stored can be compared
without the product's own notion of equality; how the server gives them back is up to its personalities.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconcile.emulator import FAULTS, PERSONALITIES, Fault, Phase
from reconcile.model.fields import Field, site_kind

#: Fields by their paths in a file.
FIELDS = {
    field.path: field for field in site_kind(sections=frozenset({"site", "managers", "widget", "blacklists"})).fields
}

#: So many times faster the pauses of a provider go by: back-off, `Retry-After`, the limiter, and `list_lag`.
FASTER = 5.0
#: Seconds: an account's `timeout` and `list_lag` while faults strike, and the faults that are measured by them.
TIMEOUT, SLOW = 0.5, 0.75
LIST_LAG, LAG = 0.8 * FASTER, 0.3

ADDRESSES = ("acme.ru", "окна-мастер.рф", "beta.ru", "shop.example.ru/moscow", "gamma.ru:8080", "цветы.рф", "delta.ru")
NEW_ADDRESSES = ("omega.ru", "новый.рф", "sigma.ru/spb", "tau.ru", "ро.example", "phi.ru", "chi.ru")
NOBODYS = ("чужой.рф", "foreign.ru", "other.example", "nobody.ru/shop")
CLIENTS = {"acme": "owner@acme.ru", "окна": "окна@example.ru"}

#: The faults at which other people change something; the others are the service's and the network's.
MEDDLING = ("site-changed", "site-deleted", "duplicate-site")


@dataclass(frozen=True, slots=True)
class Version:
    """What the project declares: sites by address, clients by name, the profile's time zone."""

    sites: Mapping[str, Mapping[str, Any]]
    clients: Mapping[str, str]
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Blow:
    """A signal to the process: at a boundary of its nth request, or after so many seconds; a second one after that.

    With `of` only requests such as `POST /sites` are counted.
    """

    number: int
    request: int = 0
    phase: str = Phase.ARRIVED
    seconds: float = 0.0
    again: float | None = None
    of: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One command: `apply`, `saved` (plan, something happens, apply FILE), `call` or `transfer`."""

    command: str
    version: int
    parallelism: int
    blow: Blow | None = None
    intruder: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """All of it. `before`: what is live at first, as (address, owner's e-mail or None, sections)."""

    seed: int
    encoding: str
    update_method: str
    prune: bool
    personalities: tuple[str, ...]
    faults: tuple[Fault, ...]
    versions: tuple[Version, ...]
    before: tuple[tuple[str, str | None, Mapping[str, Any]], ...]
    applied_before: bool
    runs: tuple[Run, ...]

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {self.encoding}, {self.update_method}, prune {self.prune}, {self.personalities}"]
        lines += [f"  fault {fault}" for fault in self.faults]
        lines += [f"  before: {address} of {owner or 'the studio'}" for address, owner, _ in self.before]
        lines += [f"  version {n}: {version}" for n, version in enumerate(self.versions)]
        lines += [f"  run {n}: {run}" for n, run in enumerate(self.runs)]
        return "\n".join(lines)


def schedule(seed: int) -> Schedule:
    """The schedule of a seed."""
    return _Maker(random.Random(seed)).schedule(seed)


class _Maker:
    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def schedule(self, seed: int) -> Schedule:
        versions, prune = self.versions(), self.chance(0.2)
        return Schedule(
            seed,
            encoding=self.dice.choice(["form", "json"]),
            update_method=self.dice.choice(["PUT", "PUT", "POST", "PATCH"]),
            prune=prune,
            personalities=self.personalities(),
            faults=self.faults(),
            versions=versions,
            before=tuple(self.before(versions[0], prune=prune)),
            applied_before=self.chance(0.5),
            runs=tuple(self.run(number, len(versions)) for number in range(self.dice.randint(2, 5))),
        )

    # --- the project --------------------------------------------------------------------------------------------------

    def versions(self) -> tuple[Version, ...]:
        clients = {name: email for name, email in CLIENTS.items() if self.chance(0.35)}
        addresses = self.dice.sample(ADDRESSES, self.dice.randint(2, len(ADDRESSES)))
        sites = {address: self.site(self.dice.choice([None, None, *clients])) for address in addresses}
        zone = self.dice.choice([None, None, "Asia/Omsk"])
        made = [Version(sites, clients, zone)]
        fresh = list(NEW_ADDRESSES)
        self.dice.shuffle(fresh)
        for _ in range(self.dice.randint(0, 2)):
            made.append(self.edited(made[-1], fresh))
        return tuple(made)

    def edited(self, version: Version, fresh: list[str]) -> Version:
        """The next version of a project: its sites changed, renamed, gone and new."""
        sites: dict[str, Mapping[str, Any]] = {}
        for address, site in version.sites.items():
            what = self.dice.random()
            if what < 0.1 and len(version.sites) > 1:
                continue
            if what < 0.22 and fresh:
                sites[fresh.pop()] = {**site, "previous_address": address}
            elif what < 0.6:
                sites[address] = site | {name: value for name, value in self.site(None).items() if name != "client"}
            else:
                sites[address] = site
        if self.chance(0.4) and fresh:
            sites[fresh.pop()] = self.site(self.dice.choice([None, *version.clients]))
        return Version(sites or version.sites, version.clients, self.dice.choice([version.timezone, "Europe/Moscow"]))

    def site(self, client: str | None) -> dict[str, Any]:
        made: dict[str, Any] = {} if client is None else {"client": client}
        density = self.dice.choice([0.03, 0.15, 0.5])
        for path, field in FIELDS.items():
            if path == "managers" or (path != "url" and self.chance(density)):
                level = made
                for key in field.keys[:-1]:
                    level = level.setdefault(key, {})
                level[field.keys[-1]] = self.value(field)
        if "blacklists" in made:
            made["blacklists"] = [made["blacklists"]]
        _complete_days(made)
        return made

    def value(self, field: Field) -> Any:
        if field.items:
            return [
                {"phone": phone, **({"name": self.dice.choice(["Анна", "Пётр & Ко"])} if self.chance(0.6) else {})}
                for phone in self.phones(1, 3)
            ]
        if field.path.endswith("email"):
            return f"box{self.dice.randint(1, 99)}@example.com"
        return self.by_type[field.type.name](self)

    def phones(self, least: int, most: int) -> list[str]:
        return [f"+7495{self.dice.randint(2000000, 9999999)}" for _ in range(self.dice.randint(least, most))]

    by_type: Mapping[str, Callable[[_Maker], Any]] = {
        "flag": lambda self: self.chance(0.5),
        "integer": lambda self: self.dice.randint(0, 100),
        "hour": lambda self: self.dice.choice([0, 9, 18, 24, "10:30", "17:45"]),
        "text": lambda self: self.dice.choice(["заявка", "a&b=c", "goal 1"]),
        "timezone": lambda self: self.dice.choice(["Europe/Moscow", "Asia/Vladivostok", "UTC"]),
        "phone": lambda self: self.phones(1, 1)[0],
        "phone_prefix": lambda self: self.dice.choice(["+7", "+380"]),
        "networks": lambda self: self.dice.sample(["203.0.113.7", "198.51.100.0/24", "192.0.2.1"], 2),
        "phones": lambda self: self.phones(0, 2),
        "lines": lambda self: self.dice.sample(["/admin", "utm_source=spam", "реклама"], self.dice.randint(0, 2)),
        "events": lambda self: self.dice.sample(["missed", "answered"], self.dice.randint(1, 2)),
    }

    # --- the live account ---------------------------------------------------------------------------------------------

    def before(self, version: Version, *, prune: bool) -> list[tuple[str, str | None, Mapping[str, Any]]]:
        found = []
        for address, site in version.sites.items():
            if self.chance(0.3):
                found.append((address, version.clients.get(site.get("client", ""))))
        owners = [None, *version.clients.values(), *(() if prune else ["nobody@example.com"])]
        found += [(address, self.dice.choice(owners)) for address in NOBODYS if self.chance(0.4)]
        return [(address, owner, self.sections(address)) for address, owner in found]

    def sections(self, address: str) -> Mapping[str, Any]:
        """A site that somebody made in the dashboard, with something that nobody documents."""
        return {
            "site": {
                "url": address,
                "report_period": self.dice.randint(1, 99),
                "partner_note": f"№{self.dice.random()}",
            },
            "managers": [{"phone": phone, "name": "", "region": ""} for phone in self.phones(1, 2)],
            "widget": {"call_time": self.dice.randint(1, 99), "button_color": "#ff6600"},
            "blacklists": {"ip": "203.0.113.9"},
        }

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    def personalities(self) -> tuple[str, ...]:
        return tuple(sorted(self.dice.sample(sorted(PERSONALITIES), self.dice.choice([0, 1, 3, 8]))))

    def faults(self) -> tuple[Fault, ...]:
        made = []
        for name in FAULTS:
            if self.chance(0.15 if name == "duplicate-site" else 0.35):
                seconds = {"slow": SLOW, "lagging-list": LAG, "429-retry-after": float(self.dice.randint(0, 1))}
                rates = [0.3, 1.0] if name == "lagging-list" else [0.05, 0.2] if name in MEDDLING else [0.02, 0.1, 0.2]
                rate = self.dice.choice(rates)
                few = name in MEDDLING or name in ("429", "429-retry-after")
                times = self.dice.randint(1, 2) if few else 3 if name == "slow" else None
                made.append(Fault(name, rate, times, seconds=seconds.get(name)))
        return tuple(made)

    def run(self, number: int, versions: int) -> Run:
        command = self.dice.choices(["apply", "saved", "call", "transfer"], [6, 2, 1, 1])[0]
        intruders = ["", "changed", "deleted", "undeclared", "late", "late"] if command == "saved" else [""]
        return Run(
            command,
            version=min(number * versions // 3, versions - 1),
            parallelism=self.dice.choice([1, 2, 4, 8]),
            blow=self.blow() if self.chance(0.45) else None,
            intruder=self.dice.choice(intruders),
        )

    def blow(self) -> Blow:
        number = self.dice.choice([signal.SIGKILL] * 3 + [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
        again = self.dice.choice([None, 0.0, 0.05, 0.2]) if number != signal.SIGKILL else None
        if self.chance(0.3):
            return Blow(number, seconds=self.dice.uniform(0.0, 0.6), again=again)
        return Blow(
            number, self.dice.choice([self.dice.randint(1, 8), self.dice.randint(1, 60)]), self.phase(), again=again
        )

    def phase(self) -> str:
        return self.dice.choice([phase.value for phase in Phase])


def _complete_days(site: dict[str, Any]) -> None:
    """A day is sent whole: opening, closing, and whether it is open at all."""
    week = site.get("widget", {}).get("schedule", {})
    for hours in week.values():
        hours.setdefault("from", 9)
        hours.setdefault("to", 18)
        hours.setdefault("enable", True)
