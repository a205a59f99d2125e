"""An account at Chaser, as planning and applying see it: its websites are read, and nothing of them is changed."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any, Final, NoReturn

from reconcile.errors import ProviderError
from reconcile.model.address import Address
from reconcile.model.capabilities import Action, Capabilities
from reconcile.model.fields import Kinds
from reconcile.model.normalize import count
from reconcile.model.resource import Draft, Live, Ref
from reconcile.model.state import Account, LiveAccount
from reconcile.providers.activities import Activities
from reconcile.providers.base import Check
from reconcile.providers.chaser.capabilities import CAPABILITIES
from reconcile.providers.chaser.codec import websites
from reconcile.providers.http.edges import REAL, Edges
from reconcile.providers.http.protocol import Request

#: The list of websites (call 29): all that the service tells of them.
WEBSITES: Final = Request("GET", "/websites", slow=True)

log = logging.getLogger("reconcile")


class Chaser:
    """One account; safe to use from several threads. Other `edges` than the real ones are for tests."""

    capabilities: Capabilities = CAPABILITIES

    def __init__(self, account: Account, kinds: Kinds, *, parallelism: int = 8, edges: Edges = REAL) -> None:
        # The libraries of the network are imported here, so that a command which needs none does not wait for them.
        from reconcile.providers.chaser.activities import ChaserActivities
        from reconcile.providers.chaser.client import Client

        self.account = account
        self._kind = kinds["site"]
        self._clock = edges.clock
        self._client = Client(account, parallelism=parallelism, edges=edges)
        self._activities = ChaserActivities(self._client, self._websites)

    @property
    def activities(self) -> Activities:
        """Calls and statistics."""
        return self._activities

    # --- reading ------------------------------------------------------------------------------------------------------

    def read(self, kinds: Collection[str]) -> LiveAccount:
        """All websites; nothing else of an account can be read."""
        if "site" not in kinds:
            return LiveAccount(self.account.name, ())
        started = self._clock()
        sites = self._websites()
        log.info("read account %s: %s in %.1f s", self.account.name, count(len(sites), "site"), self._clock() - started)
        return LiveAccount(self.account.name, sites)

    def read_some(self, sites: Collection[Ref]) -> Mapping[int, Live]:
        """These websites, by id; those that are gone are missing. The list is the only way to them."""
        wanted = {ref.id for ref in sites}
        return {live.id: live for live in self._websites() if live.id in wanted} if wanted else {}

    def check(self) -> list[Check]:
        """What `doctor` reports."""
        from reconcile.providers.chaser.doctor import checks

        return checks(self._client, self._activities, self._kind)

    def stop(self) -> None:
        """Ends all pauses, because the run is being stopped."""
        self._client.stop()

    def close(self) -> None:
        """Lets go of the connections."""
        self._client.close()

    def _websites(self) -> tuple[Live, ...]:
        return websites(self._kind, self.account.name, self._client.call(WEBSITES), str(WEBSITES))

    # --- what the API has no call for ---------------------------------------------------------------------------------

    def create(self, draft: Draft, known: Collection[int]) -> int:
        """Not at Chaser."""
        self._missing(Action.CREATE, draft.address)

    def update(self, live: Live, values: tuple[Any, ...]) -> None:
        """Not at Chaser."""
        self._missing(Action.UPDATE, live.address)

    def delete(self, live: Live) -> None:
        """Not at Chaser."""
        self._missing(Action.DELETE, live.address)

    def _missing(self, action: Action, address: Address) -> NoReturn:
        advice = CAPABILITIES.advice["site", action]
        raise ProviderError(
            f"{address}: Chaser's API has no call to {action} a website, so that nothing was sent; {advice}"
        )
