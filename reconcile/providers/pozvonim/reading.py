"""Reading sites, each complete, with as few requests as the service allows.

A ladder, climbed only as far as needed: the list of sites may hold them whole; if not, `ids[]` may give fifty at a
time; if not, each site is asked for by itself (api.md 1.4, 1.6). A read that fails anywhere fails as a whole, and is
never shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct

from reconcile.errors import BadAnswer, NotOffered, Rejected, ServiceError
from reconcile.model.address import Address
from reconcile.model.resource import Live
from reconcile.pools import pool
from reconcile.providers.http.protocol import Request
from reconcile.providers.http.shapes import Json, by_id
from reconcile.providers.pozvonim.assumed import IDS_PER_REQUEST, NO_RIGHT
from reconcile.providers.pozvonim.codec import SiteCodec, identity, is_brief, list_items, site_id, unwrapped
from reconcile.providers.pozvonim.studio import CLIENTS, email_of

if TYPE_CHECKING:
    from reconcile.providers.pozvonim.client import Client

T = TypeVar("T")
R = TypeVar("R")

#: What a service answers that does not know `ids[]`.
NOT_OFFERED: Final = (400, 404, 405, 422, 501)


def sites_of(owner: int | None) -> str:
    """The path of an owner's sites: the studio's own, or those of its client with this id (1.4)."""
    return "/sites" if owner is None else f"/contributors/{owner}/sites"


def read_clients(client: Client) -> list[Json]:
    """The studio's clients (17). One that the list gives without its e-mail is asked for by itself (19).

    Raises `NotOffered` where the account has no right to clients, and `ProviderError`.
    """
    try:
        answer = client.call(CLIENTS)
    except (ServiceError, BadAnswer) as error:
        if error.status not in NO_RIGHT:
            raise
        raise NotOffered(str(error), status=error.status) from None
    listed = by_id(list_items(answer, str(CLIENTS)), "client")

    def whole(known: int) -> Json:
        if email_of(listed[known]):
            return listed[known]
        raw = unwrapped(client.call(Request("GET", f"/contributors/{known}")))
        return raw if isinstance(raw, dict) else listed[known]

    with pool(client.parallelism, "clients") as threads:
        return list(threads.map(whole, listed))


class Rung(Enum):
    """How far up the ladder a service makes us go."""

    LIST = "the list holds every site whole"
    IDS = f"the list is brief; ids[] gives {IDS_PER_REQUEST} sites a request"
    EACH = "the list is brief and so is ids[]; one request a site"


class Look(Struct, frozen=True):
    """What a look at one site shows: the site, and the paths of what it has and nobody documents.

    Of a brief one only id and address are known, and `undocumented` is None.
    """

    site: Live
    undocumented: frozenset[str] | None


class Reader:
    """Reads one account's sites; safe to use from several threads. `owner` is a studio's client, None the studio."""

    def __init__(self, client: Client, codec: SiteCodec, parallelism: int) -> None:
        self._client = client
        self._codec = codec
        self._pool = ThreadPoolExecutor(parallelism, thread_name_prefix="reconcile-read")
        self._ids_work: bool | None = None  # not known until tried
        self._list_is_whole = False
        self._ahead: Future[dict[int, Json]] | None = None
        self.rung = Rung.LIST  # how far up the last whole read had to go

    def ahead(self) -> None:
        """Asks for the list of the studio's own sites in the background; the next `all` takes it, or its failure."""
        self._ahead = self._pool.submit(self._listed, None)

    def all(self, owner: int | None = None) -> tuple[Live, ...]:
        """All sites of an owner, each complete. Raises `ProviderError`."""
        listed = self._first(owner)
        brief = [known for known, raw in listed.items() if is_brief(raw)]
        if listed:
            self._list_is_whole = not brief
        details = self._details(brief, owner)
        self.rung = self._rung(brief)
        gone = set(brief) - details.keys()
        if gone and (left := gone & self._listed(owner).keys()):
            raise _not_by_itself(min(left))
        return tuple(self._decode(details.get(known, raw), owner) for known, raw in listed.items() if known not in gone)

    def some(self, ids: Collection[int], owner: int | None = None) -> dict[int, Live]:
        """The sites with these ids, each complete; without those that are gone. Raises `ProviderError`."""
        try:
            details = self._details(sorted(set(ids)), owner)
        except ServiceError as error:
            if owner is None or error.status != 404:
                raise
            return {}  # the client is gone, and its sites with it
        return {known: self._decode(raw, owner) for known, raw in details.items()}

    def find(self, address: str, known: Collection[int], owner: int | None = None) -> int | None:
        """The lowest id of a site with this address that is not among those known; None where there is none."""
        strangers = (raw for site, raw in self._listed(owner).items() if site not in known)
        return min((site for site, found in map(identity, strangers) if found == address), default=None)

    def close(self) -> None:
        """Starts no further reads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    # --- for `doctor`: one rung at a time, so that one that breaks hides no other -------------------------------------

    def look_at_list(self, owner: int | None = None) -> list[Look]:
        """The list of an owner's sites, each decoded as far as the list tells of it. One request."""
        return [self._look(raw, owner) for raw in self._listed(owner).values()]

    def look_by_ids(self, brief: Collection[int], owner: int | None = None) -> tuple[Rung, list[Look]]:
        """Up to fifty sites by `ids[]`, and which rung that shows to work. One request."""
        found = self._probe_ids(sorted(brief), owner)
        return Rung.IDS if found else Rung.EACH, [self._look(raw, owner) for raw in found.values()]

    def look_at_one(self, known: int, owner: int | None = None) -> Look:
        """A site by itself. One request; raises `BadAnswer` where it is not found."""
        raw = self._one(known, owner)
        if raw is None:
            raise _not_by_itself(known)
        return Look(self._decode(raw, owner), frozenset(self._codec.undocumented(raw)))

    def _look(self, raw: Json, owner: int | None) -> Look:
        if not is_brief(raw):
            return Look(self._decode(raw, owner), frozenset(self._codec.undocumented(raw)))
        known, address = identity(raw)
        return Look(Live(Address(self._client.account.name, "site", address), known, self._codec.nothing, owner), None)

    # --- the ladder ---------------------------------------------------------------------------------------------------

    def _rung(self, brief: Sequence[int]) -> Rung:
        return Rung.LIST if not brief else Rung.IDS if self._ids_work else Rung.EACH

    def _first(self, owner: int | None) -> dict[int, Json]:
        """The list, the one that was asked for ahead if there is one: it serves once, and so is never old."""
        ahead = self._ahead
        if owner is not None or ahead is None:
            return self._listed(owner)
        self._ahead = None
        return ahead.result()

    def _listed(self, owner: int | None) -> dict[int, Json]:
        request = Request("GET", sites_of(owner), slow=True)
        return by_id(list_items(self._client.call(request), str(request)), "site")

    def _details(self, ids: Sequence[int], owner: int | None) -> dict[int, Json]:
        """Complete sites by id, as they came; those that the service has no more are missing."""
        found: dict[int, Json] = {}
        if len(ids) > 1 and self._ids_work is not False:
            # The first request goes alone: it shows whether `ids[]` works, and, where it is ignored, brings everything.
            found = self._probe_ids(ids, owner)
            if self._ids_work:
                rest = [known for known in ids[IDS_PER_REQUEST:] if known not in found]
                chunks = [rest[i : i + IDS_PER_REQUEST] for i in range(0, len(rest), IDS_PER_REQUEST)]
                for part in self._map(lambda chunk: self._chunk(chunk, ids, owner), chunks):
                    found.update(part)
        if len(ids) > 1 and not self._ids_work and self._list_is_whole:
            listed = self._listed(owner)
            found.update((known, listed[known]) for known in ids if known in listed and not is_brief(listed[known]))
        # A site that is not there may be gone, or only left out: its own request tells.
        left = [known for known in ids if known not in found]
        found.update(
            (known, raw)
            for known, raw in zip(left, self._map(lambda known: self._one(known, owner), left), strict=True)
            if raw
        )
        return found

    def _probe_ids(self, ids: Sequence[int], owner: int | None) -> dict[int, Json]:
        try:
            return self._chunk(ids[:IDS_PER_REQUEST], ids, owner)
        except ServiceError as error:
            gone = owner is not None and error.status == 404  # which says nothing about `ids[]`
            if gone or isinstance(error, Rejected) or error.status not in NOT_OFFERED:
                raise
            self._ids_work = False
            return {}

    def _chunk(self, ids: Sequence[int], wanted: Collection[int], owner: int | None) -> dict[int, Json]:
        """Those of the sites wanted that one `ids[]` request brings complete."""
        request = Request("GET", sites_of(owner), {"ids": list(ids)}, slow=True)
        items = by_id(list_items(self._client.call(request), str(request), whole=False), "site")
        interesting = items.keys() & set(wanted)
        complete = {known: items[known] for known in interesting if not is_brief(items[known])}
        if interesting:
            self._ids_work = bool(complete)
        return complete

    def _one(self, known: int, owner: int | None) -> Json | None:
        request = Request("GET", f"{sites_of(owner)}/{known}")
        try:
            raw = unwrapped(self._client.call(request))
        except ServiceError as error:
            if error.status == 404:
                return None
            raise
        if site_id(raw) != known:
            raise BadAnswer(f"{request}: the answer is not this site", status=200)
        site: Json = raw
        return site

    def _decode(self, raw: Json, owner: int | None) -> Live:
        return self._codec.decode(self._client.account.name, raw, owner)

    def _map(self, function: Callable[[T], R], items: Sequence[T]) -> Iterable[R]:
        """`map` over the pool; the first failure is raised, and what has not begun by then never does."""
        return list(self._pool.map(function, items)) if len(items) > 1 else [function(item) for item in items]


def _not_by_itself(known: int) -> BadAnswer:
    return BadAnswer(f"site {known} is in the list of sites, but is not found by itself", status=404)
