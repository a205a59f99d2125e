"""The accounts of a project: each with its service, its credentials, and what is declared of its profile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from reconcile.config import settings
from reconcile.config.places import Fault, Place, Written, misread
from reconcile.config.sections import Named, Sections
from reconcile.model.capabilities import Capabilities
from reconcile.model.fields import Kinds
from reconcile.model.hosts import is_exposed, origin
from reconcile.model.normalize import did_you_mean, quoted, read_written_phone
from reconcile.model.state import Account, DesiredState

#: Settings of accounts that only some services obey.
OPTIONAL: Final = ("encoding", "update_method", "payment_route")
#: Those that mean something to every service over HTTP, and to no other.
OVER_HTTP: Final = ("requests_per_second", "timeout", "list_lag", "allow_http")
#: What `call_defaults` may say only beside another of its keys.
ONLY_QUEUED: Final = ("call_stack_start_hour", "call_stack_interval")


class Services(Struct, frozen=True):
    """What a project can't be checked without, and which is no part of configuration.

    The services that there are: what each can do by its name, None for one that there is not, and all names. And what
    is wrong with a selection, in words, which is empty where nothing is. `begin` is told of the accounts as soon as
    they are known and there is nothing wrong yet, while the sites are still to be composed.
    """

    find: Callable[[str], Capabilities | None]
    names: Callable[[], Collection[str]]
    wrong_selection: Callable[[str, DesiredState], str] = lambda expression, state: ""
    begin: Callable[[Mapping[str, Account], Kinds], None] = lambda accounts, kinds: None


class Accounts(Struct):
    """Makes the accounts of one project; what is wrong with them is collected in `faults`.

    `written` is what stood where `${…}` was replaced.
    """

    sections: Sections
    services: Services
    faults: list[Fault]
    written: Written
    accounts: dict[str, Account] = field(default_factory=dict)
    service_of: dict[str, Capabilities] = field(default_factory=dict)

    def make(self) -> None:
        """Fills `accounts` and `service_of`; what is too wrong to be used is left out."""
        for name, entry in self.sections.named["accounts"].items():
            if "/" in name:
                self.fault(
                    entry.place, f"an account's name is a part of addresses, and can't have a slash: {quoted(name)}"
                )
            service = self.service(entry)
            if service is None:
                continue
            self.service_of[name] = service
            self.check_settings(entry, service)
            defaults = self.call_defaults(entry, service)
            self.check_queue(defaults, Place(entry.place.file, (*entry.place.keys, "call_defaults")))
            if self.has_credentials(entry):
                made = settings.account(name, entry.raw, service, defaults)
                at = entry.place.file, (*entry.place.keys, "base_url")
                self.accounts[name] = replace(made, base_url_from=self.written.get(at, ""))
        self.check_same()

    def fault(self, place: Place, message: str, other: Place | None = None, got: str = "") -> None:
        self.faults.append(Fault(place, message, other, got))

    def service(self, entry: Named) -> Capabilities | None:
        name = entry.raw.get("provider")
        if name is None:
            return None  # it has been said
        service = self.services.find(name)
        if service is None:
            known = sorted(self.services.names())
            hint = did_you_mean(name, known) or f"; known are {', '.join(known)}"
            self.fault(_within(entry.place, "provider", at_key=False), "no provider is named ", got=quoted(name) + hint)
        return service

    def has_credentials(self, entry: Named) -> bool:
        """Whether uid and key are there; where one is not, that has been said. Two names of one are a fault."""
        for key, other in settings.CREDENTIALS.items():
            if key in entry.raw and other in entry.raw:
                self.fault(_within(entry.place, other), f"`{other}` is another name of `{key}`; keep one of them")
        return all(key in entry.raw or other in entry.raw for key, other in settings.CREDENTIALS.items())

    def check_settings(self, entry: Named, service: Capabilities) -> None:
        of_http = OVER_HTTP if _scheme(service.base_url) == "https" else ()
        for key in (*OPTIONAL, *OVER_HTTP):
            if key in entry.raw and key not in service.settings and key not in of_http:
                self.fault(_within(entry.place, key), f"`{key}` means nothing to {entry.raw['provider']}; take it away")
        url = entry.raw.get("base_url", service.base_url)
        if url != "emulator" and _scheme(url) != _scheme(service.base_url):
            at = _within(entry.place, "base_url", at_key=False)
            scheme = url.partition(":")[0]  # the rest may hold a password
            self.fault(at, f"expected something like {service.base_url}, got ", got=quoted(f"{scheme}://…"))
        elif is_exposed(url) and not entry.raw.get("allow_http"):
            self.fault(
                _within(entry.place, "base_url", at_key=False),
                "over plain http the account's signatures can be read on the way; write https://, "
                "or `allow_http: true` beside it where that is no danger, got ",
                got=quoted(origin(url)),
            )
        if entry.raw.get("profile") is not None and not service.has("profile"):
            self.fault(
                _within(entry.place, "profile"),
                f"{entry.raw['provider']} has no profile that can be changed; take it away",
            )

    def check_same(self) -> None:
        """One live account under two names would be planned for twice."""
        declared: dict[tuple[str, str, str], str] = {}
        for name, account in self.accounts.items():
            other = declared.setdefault((account.provider, account.base_url, account.uid), name)
            if other != name:
                entries = self.sections.named["accounts"]
                message = f'account "{name}" is the same as the one at {{other}}: both have this uid at one service'
                self.fault(entries[name].place, message, entries[other].place)

    # --- what calls carry -----------------------------------------------------------------------------------------

    def call_defaults(self, entry: Named, service: Capabilities) -> Mapping[str, Any]:
        """The call defaults that an account or a site says by itself, checked against what its service takes."""
        raw = entry.raw.get("call_defaults") or {}
        place = Place(entry.place.file, (*entry.place.keys, "call_defaults"))
        for key in raw:
            if key not in service.call_options:
                self.fault(_within(place, key), f"this account's service takes no `{key}` with a call; take it away")
        return self.checked(raw, place, service)

    def checked(self, raw: Mapping[str, Any], place: Place, service: Capabilities) -> Mapping[str, Any]:
        """Call defaults with canonical phones, without what the service does not take."""
        made = {key: value for key, value in raw.items() if key in service.call_options}
        if "manager_phone" in made:
            try:
                made["manager_phone"] = read_written_phone(made["manager_phone"])
            except ValueError as error:
                self.faults.append(misread(_within(place, "manager_phone", at_key=False), error))
        return MappingProxyType(made)

    def check_queue(self, made: Mapping[str, Any], place: Place) -> None:
        """What only queued calls obey is said only of them (api.md, section 2)."""
        for key in ONLY_QUEUED:
            if key in made and made.get("nwt_action") != "always_call":
                self.fault(_within(place, key), f"`{key}` has a meaning only with `nwt_action: always_call`")


def _scheme(url: str) -> str:
    """What a URL begins with; a service over HTTP may be reached with and without encryption."""
    scheme = url.partition(":")[0]
    return "https" if scheme == "http" else scheme


def _within(place: Place, key: str, *, at_key: bool = True) -> Place:
    return Place(place.file, (*place.keys, key), at_key=at_key)
