"""An account at Pozvonim, as planning and applying see it: the `Provider` over `client`, `reading` and `codec`."""

from __future__ import annotations

import logging
import random as random_module
import time
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError, ServiceError
from reconcile.model.fields import UNMANAGED, site_kind
from reconcile.model.normalize import Spelled, count
from reconcile.model.resource import Live
from reconcile.model.state import Account
from reconcile.providers.base import Check
from reconcile.providers.pozvonim.assumed import DELETE
from reconcile.providers.pozvonim.capabilities import CAPABILITIES
from reconcile.providers.pozvonim.codec import Json, encode_create, encode_update, site_id, unwrapped
from reconcile.providers.pozvonim.protocol import Request
from reconcile.providers.pozvonim.retries import Repeat, may_have_happened, pause

if TYPE_CHECKING:
    from reconcile.providers.pozvonim.activities import PozvonimActivities
    from reconcile.providers.pozvonim.client import Timeouts

#: How often a create is sent, at most; each time only after a look that the one before did nothing.
SENDS: Final = 3

log = logging.getLogger("reconcile")


class Pozvonim:
    """One account; safe to use from several threads. `clock` is monotonic; clock, sleep and random are for tests."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        account: Account,
        *,
        parallelism: int = 8,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random_module.random,
        timeouts: Timeouts | None = None,
    ) -> None:
        # The libraries of the network are imported here, so that a command which needs none does not wait for them.
        from reconcile.providers.pozvonim.client import Client, Timeouts
        from reconcile.providers.pozvonim.reading import Reader

        self.account = account
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._client = Client(
            account,
            parallelism=parallelism,
            clock=clock,
            sleep=sleep,
            random=random,
            timeouts=timeouts or Timeouts(),
        )
        self._reader = Reader(self._client, parallelism)
        self._addresses: dict[int, str] = {}  # of the sites read so far, for the log

    @cached_property
    def activities(self) -> PozvonimActivities:
        """What the account does besides keeping sites."""
        from reconcile.providers.pozvonim.activities import PozvonimActivities

        return PozvonimActivities(self._client, payment_route=self.account.payment_route)

    # --- reading ------------------------------------------------------------------------------------------------------

    def read(self) -> tuple[Live, ...]:
        """All sites, each complete."""
        started = self._clock()
        sites = self._reader.all()
        took, rung = self._clock() - started, self._reader.rung.value
        log.info("read account %s: %s in %.1f s; %s", self.account.name, count(len(sites), "site"), took, rung)
        self._addresses.update((live.id, live.address.name) for live in sites)
        return sites

    def read_some(self, ids: Collection[int]) -> Mapping[int, Live]:
        """The sites with these ids, each complete, by id; those that are gone are missing."""
        found = self._reader.some(ids)
        self._addresses.update((live.id, live.address.name) for live in found.values())
        return found

    def check(self) -> list[Check]:
        """What `doctor` reports."""
        from reconcile.providers.pozvonim.doctor import checks

        return checks(self._client, self._reader)

    # --- writing ------------------------------------------------------------------------------------------------------

    def create(self, name: str, values: tuple[Any, ...], known: Collection[int]) -> int:
        """Creates a site exactly once, and gives its id (design, section 3)."""
        body = self._body(name, lambda: encode_create(_with_url(values, name)))
        request = Request("POST", "/sites", body, repeat=Repeat.IF_UNDONE, subject=name)
        for sends in range(1, SENDS + 1):
            self._client.tokens.current()  # what fails here failed before anything was sent
            try:
                created = site_id(unwrapped(self._client.call(request)))
            except ProviderError as error:
                if not may_have_happened(error):
                    raise
                failure, accepted = error, isinstance(error, BadAnswer) and 200 <= error.status < 300
            else:
                if created is not None:
                    return created
                failure, accepted = BadAnswer(f"{request}: the answer holds no id", status=200), True
            self._sleep(pause(failure, sends, self._random))
            found = self._look_up(name, known, failure)
            if found is not None:
                return found
            if accepted:
                # The service said yes; to ask again for a site that it is still making would make two.
                raise _unknown(name, failure)
        raise _unknown(name, failure)

    def update(self, live: Live, values: tuple[Any, ...]) -> None:
        """Makes the desired values live; everything documented that is live goes with them."""
        body = self._body(live.address.name, lambda: encode_update(live, values))
        method, path = self.account.update_method, f"/sites/{live.id}"
        self._client.call(Request(method, path, body, subject=live.address.name))

    def delete(self, live_id: int) -> None:
        """Deletes the site; one that is gone already, perhaps by an attempt whose answer was lost, is fine."""
        try:
            self._client.call(Request(DELETE, f"/sites/{live_id}", subject=self._addresses.get(live_id, "")))
        except ServiceError as error:
            if error.status != 404:
                raise

    def close(self) -> None:
        """Lets go of threads and connections."""
        self._reader.close()
        self._client.close()

    # --- parts --------------------------------------------------------------------------------------------------------

    def _body(self, name: str, encode: Callable[[], Json]) -> Json:
        try:
            return encode()
        except ValueError as error:
            raise ProviderError(f"{self.account.name}/site/{name}: {error}") from None

    def _look_up(self, name: str, known: Collection[int], failure: ProviderError) -> int | None:
        try:
            return self._reader.find(name, known)
        except ProviderError as error:
            raise _unknown(name, failure, f"; looking for it failed, too: {error}") from None


def _with_url(values: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    """The values with the site's address for its url, where none is declared."""
    index = site_kind().index("url")
    if values[index] is not UNMANAGED and values[index]:
        return values
    return (*values[:index], Spelled(name, name), *values[index + 1 :])


def _unknown(name: str, failure: ProviderError, more: str = "") -> ConnectionFailed:
    return ConnectionFailed(f"whether {name} was created is unknown: {failure}{more}; run plan again to see")
