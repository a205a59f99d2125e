"""What happens while a client works: tokens end, its address changes, other people change what is stored.

The docstrings describe the faults to people: see `faults.FAULTS`. A function gives None where there is nothing that it
could happen to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, MutableMapping
from typing import Any, Final

import orjson
from msgspec import Struct

from reconcile.emulator.asked import Asked
from reconcile.emulator.context import HOME_ZONE, Context
from reconcile.emulator.refused import Refused
from reconcile.emulator.routes import POZVONIM
from reconcile.emulator.service import Meant
from reconcile.emulator.storage import ANYBODY, StoredSite, Website
from reconcile.emulator.unseen import Made
from reconcile.model.fields import Field, site_kind


class Scene(Struct, frozen=True):
    """Where a fault strikes: who asks from where for what.

    `addresses` are those that clients are seen under, where they are not their own; `dice` gives a number below
    another, always the same for the same request.
    """

    context: Context
    meant: Meant
    uid: str
    client: str
    addresses: MutableMapping[str, str]
    dice: Callable[[int, str], int]

    @property
    def has_token(self) -> bool:
        """Whether the request is one that is signed with a token; Chaser has none."""
        return self.meant.route.service == POZVONIM and self.meant.route.handler != "access.issue_token"


class Happened(Struct, frozen=True):
    """What happened: to which site, and to which field of it, where there is one."""

    site: int | None = None
    field: str = ""
    value: Any = None


# --- who asks ---------------------------------------------------------------------------------------------------------


def token_expired(scene: Scene) -> Happened | None:
    """all tokens of the account end, so that this request is refused"""
    accounts, now = scene.context.storage.accounts, scene.context.now()
    return Happened() if scene.has_token and accounts.expire_tokens_of(scene.uid, now) else None


def ip_changed(scene: Scene) -> Happened | None:
    """the service sees the client under another address from now on, so that its tokens are refused"""
    if not scene.has_token:
        return None
    before = scene.addresses.get(scene.client, "")
    number = int(before.rpartition(".")[2] or 0) % 254 + 1
    scene.addresses[scene.client] = f"203.0.113.{number}"
    return Happened()


# --- sites ------------------------------------------------------------------------------------------------------------

#: What others may change: what costs no money, is no secret, and can be any number or text.
_CHANGEABLE: Final = tuple(
    field
    for field in site_kind(sections=frozenset({"site", "widget"})).fields
    if field.type.name in ("flag", "integer", "text") and not (field.money or field.sensitive or field.required)
)


def site_changed(scene: Scene) -> Happened | None:
    """as sites are read, somebody else changes a field of one of them"""
    site = _one_of_those_read(scene)
    if site is None:
        return None
    if isinstance(site, Website):
        title = _other_text(scene, "title", site.title)
        scene.context.storage.websites.rename(site.id, title)
        return Happened(site.id, "title", title)
    field = _CHANGEABLE[scene.dice(len(_CHANGEABLE), "field")]
    sections = orjson.loads(site.body)
    level = sections
    for name in field.wire[:-1]:
        inner = level.get(name)
        if not isinstance(inner, dict):
            inner = level[name] = {}
        level = inner
    value = level[field.wire[-1]] = _other(scene, field, level.get(field.wire[-1]))
    scene.context.storage.sites.replace(scene.uid, site.id, sections, scene.context.now())
    return Happened(site.id, ".".join(field.wire), value)


def site_deleted(scene: Scene) -> Happened | None:
    """as sites are read, somebody else deletes one of them"""
    site = _one_of_those_read(scene)
    if site is None:
        return None
    if isinstance(site, Website):
        scene.context.storage.websites.drop(site.id)
    else:
        scene.context.drop_site(scene.uid, site.id)
    return Happened(site.id)


def duplicate_site(scene: Scene) -> Happened | None:
    """as sites are read, somebody else makes a second one with the address of one of them"""
    site = _one_of_those_read(scene)
    if site is None:
        return None
    if isinstance(site, Website):
        return Happened(scene.context.add_website(scene.uid, site.name, site.title))
    return Happened(scene.context.add_site(scene.uid, orjson.loads(site.body), site.client).id)


def lagging_list(scene: Scene, made: Collection[Made], seconds: float) -> Happened:
    """lists miss a site or a client that was just created, for some time (2 seconds)"""
    unseen = scene.context.unseen
    for one in made:
        unseen.hide(one, scene.context.now() + seconds)
    return Happened(next((one.id for one in made if one.kind == "site"), None))


def _one_of_those_read(scene: Scene) -> StoredSite | Website | None:
    """One of the sites that a request reads, if it reads any."""
    read = _READ.get(scene.meant.route.handler)
    found = read(scene) if read is not None else []
    return found[scene.dice(len(found), "site")] if found else None


def _own(scene: Scene) -> list[Any]:
    return _listed(scene, scene.context.manners.owner(None))


def _of_client(scene: Scene) -> list[Any]:
    return _listed(scene, scene.meant.numbers[0])


def _listed(scene: Scene, owner: Any) -> list[Any]:
    asked = Asked(scene.uid, scene.client, scene.meant.params, scene.meant.numbers, HOME_ZONE)
    try:
        ids = scene.context.manners.ids(asked.ids("ids"))
    except Refused:
        return []
    found = scene.context.storage.sites.listed(scene.uid, owner, ids)
    return scene.context.unseen.without(found, "site", scene.context.now())


def _single(scene: Scene) -> list[Any]:
    found = scene.context.storage.sites.one(scene.uid, scene.meant.numbers[-1], ANYBODY)
    return [] if found is None else [found]


def _websites(scene: Scene) -> list[Any]:
    return list(scene.context.storage.websites.listed(scene.uid))


#: Which sites the calls read that read sites.
_READ: Final[dict[str, Callable[[Scene], list[Any]]]] = {
    "sites.listed": _own,
    "sites.read": _single,
    "clients_sites.listed": _of_client,
    "clients_sites.read": _single,
    "websites.listed": _websites,
}


def _other(scene: Scene, field: Field, value: Any) -> Any:
    """Another value of a field, and one that anybody may give it."""
    if field.type.name == "text":
        return _other_text(scene, field.name, value)
    known = field.lenient(value)
    if field.type.name == "flag":
        return 0 if known else 1
    return known - 1 if isinstance(known, int) and known > 1 else 2


def _other_text(scene: Scene, name: str, value: Any) -> str:
    number = scene.dice(1000, "text")
    host = "@example.com" if name.endswith("email") else ""
    made = f"somebody{number}{host}"
    return made if made != value else f"somebody{number + 1}{host}"
