"""An account at Pozvonim, as planning and applying see it: the `Provider` over `client`, `reading` and `codec`."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from reconcile.errors import BadAnswer, ConnectionFailed, NotSent, ProviderError, ServiceError
from reconcile.model.fields import UNMANAGED, Kinds
from reconcile.model.normalize import Spelled, count
from reconcile.model.resource import Draft, Live, Ref
from reconcile.model.state import Account, LiveAccount
from reconcile.pools import pool
from reconcile.providers.base import Check
from reconcile.providers.http.edges import REAL, Edges
from reconcile.providers.http.protocol import Request
from reconcile.providers.http.retries import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Repeat,
    may_have_happened,
    outcome_unknown,
    pause,
)
from reconcile.providers.http.shapes import Json
from reconcile.providers.pozvonim.assumed import DELETE
from reconcile.providers.pozvonim.capabilities import CAPABILITIES
from reconcile.providers.pozvonim.codec import SiteCodec, address_of, site_id, unwrapped
from reconcile.providers.pozvonim.reading import read_clients, sites_of
from reconcile.providers.pozvonim.studio import (
    PROFILE,
    decode_client,
    decode_profile,
    email_of,
    encode_client,
    encode_profile,
)

if TYPE_CHECKING:
    from reconcile.providers.pozvonim.activities import PozvonimActivities

#: How often a create is sent, at most; each time only after a look that the one before did nothing.
SENDS: Final = 3

log = logging.getLogger("reconcile")


class Pozvonim:
    """One account; safe to use from several threads. Other `edges` than the real ones are for tests."""

    capabilities = CAPABILITIES

    def __init__(self, account: Account, kinds: Kinds, *, parallelism: int = 8, edges: Edges = REAL) -> None:
        # The libraries of the network are imported here, so that a command which needs none does not wait for them.
        from reconcile.providers.pozvonim.client import Client
        from reconcile.providers.pozvonim.reading import Reader

        self.account = account
        self._parallelism = parallelism
        self._edges = edges
        self._client = Client(account, parallelism=parallelism, edges=edges)
        self._codec = SiteCodec(kinds["site"])
        self._url = kinds["site"].index("url")
        self._reader = Reader(self._client, self._codec, parallelism)

    @cached_property
    def activities(self) -> PozvonimActivities:
        """What the account does besides keeping sites."""
        from reconcile.providers.pozvonim.activities import PozvonimActivities

        return PozvonimActivities(self._client)

    # --- reading ------------------------------------------------------------------------------------------------------

    def read(self, kinds: Collection[str]) -> LiveAccount:
        """All resources of these kinds, each complete."""
        started = self._edges.clock()
        name = self.account.name
        clients = self._clients() if "client" in kinds else ()
        owners: list[int | None] = [None] if "site" in kinds else []
        owners += [client.id for client in clients]
        # A site that is in the list of the studio's own, too, is its client's.
        sites = tuple({site.id: site for site in self._of_owners(owners, self._reader.all)}.values())
        profile = self._profile() if "profile" in kinds else None
        if "site" in kinds:
            took, rung = self._edges.clock() - started, self._reader.rung.value
            log.info("read account %s: %s in %.1f s; %s", name, count(len(sites), "site"), took, rung)
        warnings = tuple(filter(None, [self._client.key_warning]))
        return LiveAccount(name, sites, clients, profile, warnings)

    def read_ahead(self) -> None:
        """Asks for the list of the studio's own sites now; the next `read` of sites takes what comes."""
        self._reader.ahead()

    def read_some(self, sites: Collection[Ref]) -> Mapping[int, Live]:
        """These sites, each complete, by id; those that are gone are missing."""
        owned: dict[int | None, list[int]] = {}
        for ref in sites:
            owned.setdefault(ref.owner, []).append(ref.id)
        found = self._of_owners(owned, lambda owner: self._reader.some(owned[owner], owner).values())
        return {live.id: live for live in found}

    def _clients(self) -> tuple[Live, ...]:
        return tuple(decode_client(self.account.name, raw) for raw in read_clients(self._client))

    def _of_owners(
        self, owners: Collection[int | None], read: Callable[[int | None], Iterable[Live]]
    ) -> Iterator[Live]:
        """What `read` finds of each owner, several at once, in the order of the owners."""
        with pool(max(min(self._parallelism, len(owners)), 1), "owners") as threads:
            for found in threads.map(read, owners):
                yield from found

    def _profile(self) -> Live:
        return decode_profile(self.account.name, self._client.call(PROFILE), self._client.key)

    def check(self) -> list[Check]:
        """What `doctor` reports."""
        from reconcile.providers.pozvonim.doctor import checks

        return checks(self._client, self._reader)

    # --- writing ------------------------------------------------------------------------------------------------------

    def create(self, draft: Draft, known: Collection[int]) -> int:
        """Creates a site, or a client that may bring its first site, exactly once (design, section 3); gives its id."""
        if draft.address.kind == "client":
            return self._create_client(draft, known)
        address = self._address(draft)
        body = self._body(draft, lambda: self._site(draft))
        request = Request("POST", sites_of(draft.owner), body, Repeat.IF_UNDONE, subject=address)
        return self._created(
            request, address, known, address_of, lambda: self._reader.find(address, known, draft.owner)
        )

    def _create_client(self, draft: Draft, known: Collection[int]) -> int:
        """Calls 18 and 20. Whether a lost answer left the client without its site is looked up, and put right."""
        body = self._body(draft, lambda: encode_client(draft.values))
        site, path = draft.site, "/contributors"
        if site is not None:
            body |= self._body(site, lambda: self._site(site))
            path = "/contributors/sites"
        email = str(body["email"])
        looked_up: list[int] = []

        def look_up() -> int | None:
            found = next((c.id for c in self._clients() if c.address.name == email and c.id not in known), None)
            looked_up.extend([] if found is None else [found])
            return found

        request = Request("POST", path, body, Repeat.IF_UNDONE, subject=email)
        made = self._created(request, email, known, email_of, look_up)
        if site is not None and looked_up:
            self._complete(replace(site, owner=made))
        return made

    def _complete(self, site: Draft) -> None:
        """Creates the site of a client that is there, unless the call that created the client has done that, too."""
        address = self._address(site)
        try:
            if self._appears(lambda: self._reader.find(address, (), site.owner)) is None:
                self.create(site, ())
        except NotSent:  # but the client was
            message = f"the client was created, and perhaps its site {address}: the run was over"
            raise ConnectionFailed(f"{message}; run plan again to see") from None

    def _created(
        self,
        request: Request,
        name: str,
        known: Collection[int],
        name_of: Callable[[Json], str],
        look_up: Callable[[], int | None],
    ) -> int:
        """The id of what `request` creates. After a lost answer `look_up` says whether it is there.

        So it does after an answer that is about something else: an id that was `known` before, or another name, as far
        as `name_of` finds one in it. It is sent again only after lists have had the time to show it.
        """
        for sends in range(1, SENDS + 1):
            self._client.tokens.current()  # what fails here failed before anything was sent
            try:
                answer = unwrapped(self._client.call(request))
            except ProviderError as error:
                if not may_have_happened(error):
                    raise
                failure, accepted = error, isinstance(error, BadAnswer) and 200 <= error.status < 300
            else:
                created = site_id(answer)
                if created is not None and created not in known and name_of(answer) in ("", name):
                    return created
                wrong = "holds no id" if created is None else f"is about something else (id {created})"
                failure, accepted = BadAnswer(f"{request}: the answer {wrong}", status=200), True
            self._client.transport.pause(pause(failure, sends, self._edges.random))
            found = self._looked_up(name, look_up, failure)
            if found is not None:
                return found
            if accepted or self._client.transport.ended:
                # The service said yes, and to ask again for what it is still making would make two; or the run is over.
                raise _unknown(name, failure)
        raise _unknown(name, failure)

    def _appears(self, look_up: Callable[[], int | None]) -> int | None:
        """What `look_up` finds within the account's `list_lag`; None once that is over without anything.

        Raises `NotSent` where the run ends before that can be told.
        """
        over = self._edges.clock() + self.account.list_lag
        for looks in itertools.count():
            began = self._edges.clock()
            found = look_up()
            if found is not None or began >= over:
                return found
            self._client.transport.pause(min(FIRST_PAUSE * 2.0**looks, LONGEST_PAUSE, over - began))
            if self._client.transport.ended:
                raise NotSent("the run was stopped while lists might still miss it")
        raise AssertionError

    def update(self, live: Live, values: tuple[Any, ...]) -> None:
        """Makes the desired values live; everything documented that is live goes with them."""
        if live.address.kind == "profile":
            body = encode_profile(live, values)
            self._change(Request("POST", "/profile", body))
            self._client.key = str(body["api_key"])
            return
        body = self._body(live, lambda: self._codec.encode_update(live, values))
        path = f"{sites_of(live.owner)}/{live.id}"
        self._change(Request(self.account.update_method, path, body, subject=live.address.name))

    def delete(self, live: Live) -> None:
        """Deletes the site; one that is gone already, perhaps by an attempt whose answer was lost, is fine."""
        self._change(Request(DELETE, f"{sites_of(live.owner)}/{live.id}", subject=live.address.name), gone_is_fine=True)

    def stop(self) -> None:
        """Ends all pauses, because the run is being stopped."""
        self._client.stop()

    def close(self) -> None:
        """Lets go of threads and connections."""
        self._reader.close()
        self._client.close()

    # --- parts --------------------------------------------------------------------------------------------------------

    def _address(self, draft: Draft) -> str:
        """The canonical address that a new site will have: of what is sent as its url."""
        url = draft.values[self._url]
        return str(url) if url is not UNMANAGED and url else draft.address.name

    def _site(self, draft: Draft) -> Json:
        """A new site's sections, with its address for its url where none is declared."""
        address, values = self._address(draft), draft.values
        if values[self._url] != address:
            values = (*values[: self._url], Spelled(address, address), *values[self._url + 1 :])
        return self._codec.encode_create(values)

    def _body(self, resource: Draft | Live, encode: Callable[[], Json]) -> Json:
        try:
            return encode()
        except ValueError as error:
            raise ProviderError(f"{resource.address}: {error}") from None

    def _change(self, request: Request, *, gone_is_fine: bool = False) -> None:
        """Sends what changes or deletes something. Raises `ConnectionFailed` where it may have done so nevertheless."""
        try:
            self._client.call(request)
        except ProviderError as error:
            if gone_is_fine and isinstance(error, ServiceError) and error.status == 404:
                return
            if not outcome_unknown(error):
                raise
            raise ConnectionFailed(f"{error}; it may have been done nevertheless; run plan again to see") from None

    def _looked_up(self, name: str, look_up: Callable[[], int | None], failure: ProviderError) -> int | None:
        try:
            return self._appears(look_up)
        except NotSent:  # what ended the run is said once, for all
            raise _unknown(name, failure, "; the run was over before that could be told") from None
        except ProviderError as error:
            raise _unknown(name, failure, f"; looking for it failed, too: {error}") from None


def _unknown(name: str, failure: ProviderError, more: str = "") -> ConnectionFailed:
    return ConnectionFailed(f"whether {name} was created is unknown: {failure}{more}; run plan again to see")
