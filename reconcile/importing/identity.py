"""Which live sites and clients no file declares yet, and what each is called in the project."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct, field

from reconcile.importing.names import Namer, slug
from reconcile.importing.values import OMIT, written
from reconcile.model.fields import Kind
from reconcile.model.normalize import human_address, read_address
from reconcile.model.resource import Live
from reconcile.model.state import DesiredState, LiveAccount

#: Where anybody can have a mailbox, so that the name before the @ says more.
_MAIL: Final = frozenset(
    ("mail.ru", "yandex.ru", "ya.ru", "gmail.com", "bk.ru", "list.ru", "inbox.ru", "rambler.ru", "outlook.com")
)
#: YAML wants a key to end within 1024 characters.
_LONGEST_KEY: Final = 1000


class Imported(Struct, frozen=True):
    """A live site that is to be declared: its key, the name of its client, and whether its id has to be said."""

    live: Live
    account: str
    key: str
    client: str | None
    pinned: bool


class Known(Struct):
    """The sites of each account, the entries of new clients by their names, and the settings of accounts.

    `skipped` sites are declared already, `left_out` can't be; `warnings` say why.
    """

    sites: dict[str, list[Imported]] = field(default_factory=dict)
    entries: dict[str, Any] = field(default_factory=dict)
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: int = 0
    left_out: int = 0
    warnings: list[str] = field(default_factory=list)


class Identities(Struct):
    """Finds what is not declared, and says what is left out."""

    desired: DesiredState
    live: Mapping[str, LiveAccount]
    made: Known = field(default_factory=Known)
    clients: dict[tuple[str, int], str] = field(default_factory=dict)

    def known(self) -> Known:
        """What is to be declared."""
        made = self.made
        namer = Namer(self.desired.names.get("clients", ()))
        keys = set(self.desired.names.get("sites", ()))
        for name, account in self.live.items():
            self.name_clients(account, namer, made.entries)
            made.sites[name] = self.sites(account, keys)
            profile = self.profile(account)
            if profile:
                made.profiles[name] = profile
        return made

    # --- clients --------------------------------------------------------------------------------------------------

    def name_clients(self, account: LiveAccount, namer: Namer, entries: dict[str, Any]) -> None:
        """Gives every client its name: the declared one, or a new one with an entry of its own."""
        kind = self.desired.kinds["client"]
        email = kind.by_path["email"]
        declared = [one for one in self.desired.clients if one.address.account == account.account]
        by_id = {one.id: one.address.name for one in declared if one.id is not None}
        by_email = {one.values[email.index]: one.address.name for one in declared if one.id is None}
        several = Counter(client.values[email.index] for client in account.clients)
        for client in sorted(account.clients, key=lambda one: one.id):
            address = client.values[email.index]
            name = by_id.get(client.id) or by_email.get(address)
            if name is None:
                raw = _client_email(kind, address)
                if raw is None:
                    self.made.warnings.append(
                        f"client {client.id} is left out, with its sites: {address} is no e-mail address"
                    )
                    continue
                name = namer.name(*_client_names(address))
                entry: dict[str, Any] = {}
                if self.accounts_with_clients() > 1:
                    entry["account"] = account.account
                if several[address] > 1:
                    entry["id"] = client.id
                entries[name] = entry | {"email": raw}
            self.clients[account.account, client.id] = name

    def accounts_with_clients(self) -> int:
        return sum(service.has("client") for service in self.desired.services.values())

    # --- sites ----------------------------------------------------------------------------------------------------

    def sites(self, account: LiveAccount, keys: set[str]) -> list[Imported]:
        """The sites that no file declares, by address."""
        name, url = account.account, self.desired.kinds["site"].index("url")
        declared = [site for site in self.desired.sites if site.address.account == name]
        taken = {text for one in declared for text in (one.address.name, str(one.values[url]), one.previous)}
        pinned = {one.id for one in declared}
        found: dict[str, list[Live]] = defaultdict(list)
        for site in account.sites:
            if site.id in pinned or site.address.name in taken:
                self.made.skipped += 1
            elif site.owner is not None and (name, site.owner) not in self.clients:
                self.made.left_out += 1
            else:
                found[site.address.name].append(site)
        made = []
        for address, sites in sorted(found.items()):
            first, *more = sorted(sites, key=lambda site: site.id)
            key = self.key(address, keys)
            if key is None:
                self.made.left_out += len(sites)
                self.made.warnings.append(
                    f"site {first.id} is left out: {human_address(address)[:200]} is no address that can be declared"
                )
                continue
            if more:
                ids = ", ".join(str(site.id) for site in more)
                self.made.left_out += len(more)
                self.made.warnings.append(
                    f"{name}/site/{human_address(address)} is live {len(sites)} times; the one with id {first.id} is "
                    f"declared, and one address can be declared once: delete the others in the dashboard (id {ids})"
                    + self.pruned(name)
                )
            keys.add(key)
            client = None if first.owner is None else self.clients[name, first.owner]
            same = sum(site.owner == first.owner for site in sites)
            made.append(Imported(first, name, key, client, same > 1))
        return made

    def pruned(self, account: str) -> str:
        """What becomes of live sites that no file declares, where they are not left alone."""
        if not self.desired.accounts[account].prune:
            return ""
        return f"; account {account} has `prune: true`, so the next apply may delete them: make sure of that first"

    def key(self, address: str, keys: set[str]) -> str | None:
        """How a site's address is written: as people read it; another spelling where another account has it, too."""
        human = human_address(address)
        for spelling in (human, address, f"https://{human}", f"http://{human}", f"{human}/", f"https://{human}/"):
            try:
                same = read_address(spelling) == address
            except ValueError:
                continue
            if same and spelling not in keys and spelling.isprintable() and len(spelling) < _LONGEST_KEY:
                return spelling
        return None

    # --- the account's own settings -------------------------------------------------------------------------------

    def profile(self, account: LiveAccount) -> dict[str, Any]:
        """What an account declares of its own settings, where no file does: not what would only say that it works."""
        if account.profile is None or any(one.address.account == account.account for one in self.desired.profiles):
            return {}
        kind = self.desired.kinds["profile"]
        field_ = kind.by_path["timezone"]
        value = account.profile.values[field_.index]
        try:
            same = bool(value) and field_.strict.read(field_.type.show(value)) == value
        except ValueError:
            return {}
        return {"timezone": field_.type.show(value)} if same else {}


def _client_email(kind: Kind, address: Any) -> str | None:
    raw = written(kind.by_path["email"], address, ("email",), kind.name)
    return None if raw is OMIT else str(raw)


def _client_names(address: str) -> list[str]:
    """Names for a client, after its domain; after its mailbox, where the domain is anybody's."""
    mailbox, _, domain = address.partition("@")
    company = slug(human_address(domain).rpartition(".")[0])
    own = [slug(mailbox), f"{slug(mailbox)}-{company}"]
    return [name for name in (own if domain in _MAIL else [company, *own]) if name.strip("-")] or ["client"]
