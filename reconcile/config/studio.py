"""A studio's own profile, and its clients: whom they belong to, and that none is declared twice."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from reconcile.config.accounts import Accounts
from reconcile.config.layers import Layers
from reconcile.config.places import Fault, Place
from reconcile.config.sections import Named, Sections
from reconcile.model.address import Address
from reconcile.model.fields import UNMANAGED, Kinds
from reconcile.model.resource import Desired

#: What tells clients apart, in words.
CLIENT_KEYS: Final = {"email": "e-mail", "id": "id"}


class Studio(Struct):
    """Composes the profiles and clients of a project; what is wrong with them is collected in `faults`."""

    sections: Sections
    kinds: Kinds
    faults: list[Fault]
    layers: Layers
    accounts: Accounts

    def fault(self, place: Place, message: str, other: Place | None = None, got: str = "") -> None:
        self.faults.append(Fault(place, message, other, got))

    def profiles(self) -> tuple[Desired, ...]:
        """What accounts declare of their profiles."""
        made = (self.profile(name, entry) for name, entry in self.sections.named["accounts"].items())
        return tuple(profile for profile in made if profile is not None)

    def profile(self, account: str, entry: Named) -> Desired | None:
        """What an account declares of its profile; None where that is nothing."""
        raw = entry.raw.get("profile")
        if not raw:
            return None
        kind = self.kinds["profile"]
        place = Place(entry.place.file, (*entry.place.keys, "profile"))
        values = self.layers.over(kind, kind.blank(), raw, place)
        if all(value is UNMANAGED for value in values):
            return None
        return Desired(Address(account, "profile", ""), tuple(values), place.file, account)

    def clients(self) -> dict[str, Desired]:
        """The declared clients by their names."""
        kind = self.kinds["client"]
        first: dict[tuple[str, str, Any], str] = {}
        made: dict[str, Desired] = {}
        for name, entry in self.sections.named["clients"].items():
            values = self.layers.over(kind, kind.blank(), entry.raw, entry.place)
            account = self.account_of_client(entry)
            email = values[kind.index("email")]
            if account is None or email is UNMANAGED:
                continue
            known = entry.raw.get("id")
            same = [
                self.is_another(name, entry, account, key, value, first)
                for key, value in (("email", email), ("id", known))
            ]
            if not any(same):
                address = Address(account, "client", name)
                made[name] = Desired(address, tuple(values), entry.place.file, name, id=known)
        return made

    def is_another(
        self, name: str, entry: Named, account: str, key: str, value: Any, first: dict[tuple[str, str, Any], str]
    ) -> bool:
        """Whether a client has the e-mail, or the id, of one that was declared before; says so.

        A service may have an e-mail twice: each of the two is told by its id then.
        """
        other = name if value is None else first.setdefault((account, key, value), name)
        before = self.sections.named["clients"][other]
        if other == name or (key == "email" and None not in (entry.raw.get("id"), before.raw.get("id"))):
            return False
        there = before.place
        self.fault(
            Place(entry.place.file, (*entry.place.keys, key)),
            f"this is the {CLIENT_KEYS[key]} of the client at {{other}}, too; one client is declared once",
            Place(there.file, (*there.keys, key)),
        )
        return True

    def account_of_client(self, entry: Named) -> str | None:
        known = self.sections.names["accounts"]
        name = entry.raw.get("account")
        if name is None:
            able = [account for account, service in self.accounts.service_of.items() if service.has("client")]
            if len(able) == 1:
                return able[0]
            if able:
                self.fault(entry.place, f"which `account:`? One of {', '.join(sorted(able))}")
            elif known == self.accounts.service_of.keys():
                self.fault(entry.place, "no account is declared whose service has clients")
            return None
        place = Place(entry.place.file, (*entry.place.keys, "account"))
        if name not in known:
            self.layers.unknown("accounts", name, place)
            return None
        service = self.accounts.service_of.get(name)
        if service is not None and not service.has("client"):
            self.fault(place, f"the service of account {name} has no clients")
            return None
        return str(name)
