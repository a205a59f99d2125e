"""What both services have in common: one request in, one answer out, and everything in the log."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.asked import Asked
from reconcile.emulator.documents import Document
from reconcile.emulator.personalities import Manners
from reconcile.emulator.refused import Refused
from reconcile.emulator.requests import Request
from reconcile.emulator.routes import Route, Router
from reconcile.emulator.storage import Storage, StoredClient, StoredSite


@dataclass(slots=True)
class Context:
    """What the calls of both services work with.

    `now` is the services' own clock (unix time); `manners` change while they run; `site` is what a site may hold;
    `token_ttl` is how many seconds a token is valid.
    """

    storage: Storage
    site: Document
    manners: Manners
    now: Callable[[], float]
    token_ttl: float

    def add_site(self, uid: str, sections: Mapping[str, Any], client: int | None) -> StoredSite:
        """Stores a new site, a client's or the studio's own."""
        return self.storage.sites.add(uid, sections, self.now(), client)

    def drop_site(self, uid: str, site_id: int) -> None:
        """Deletes a site."""
        self.storage.sites.drop(uid, site_id)

    def client(self, asked: Asked) -> StoredClient:
        """The client whose number stands first in the path. Raises `Refused` (404)."""
        number = asked.numbers[0]
        found = self.storage.clients.one(asked.uid, number)
        if found is None:
            raise Refused(404, "CONTRIBUTOR-NOT-FOUND", f"The account has no client {number}")
        return found


class Service(ABC):
    """One service. What it knows is in the storage; it has no other state than its manners.

    `subjects` hold the handlers: a route's `sites.create` is the method `create` of the subject `sites`.
    """

    name: ClassVar[str]
    #: What its paths begin with.
    prefix: ClassVar[str]
    #: The parameter that says who asks.
    uid: ClassVar[str]

    def __init__(self, context: Context, router: Router, subjects: Mapping[str, Any]) -> None:
        self._context = context
        self._router = router
        self._subjects = subjects

    @abstractmethod
    def read(self, request: Request) -> dict[str, Any]:
        """The parameters of a request. Raises `Refused`."""

    @abstractmethod
    def admit(self, route: Route, request: Request, params: Mapping[str, Any], numbers: tuple[int, ...]) -> Asked:
        """Lets a request in. Raises `Refused`: 401 for an unknown account, 403 for a signature that is not right."""

    def answer(self, request: Request) -> Answer:
        """Does what a request asks. A refusal is an answer, too; every answer is noted in the log."""
        uid, path = "", "/" + request.path.strip("/")
        status = 500
        try:
            route, numbers = self._router.find(request.method, path)
            params = self.read(request)
            uid = str(params.get(self.uid, ""))
            answer = self._handler(route)(self.admit(route, request, params, numbers))
            status = answer.status
        except Refused as refused:
            answer = answers.refusal(refused)
            status = answer.status
        finally:
            self._context.storage.log.record(self.name, request.method, path, status, uid)
        return answer

    def _handler(self, route: Route) -> Callable[[Asked], Answer]:
        subject, _, name = route.handler.partition(".")
        handler: Callable[[Asked], Answer] = getattr(self._subjects[subject], name)
        return handler
