"""What both services have in common: one request in, one answer out, and everything in the log."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from msgspec import Struct

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.asked import Asked
from reconcile.emulator.context import Context
from reconcile.emulator.refused import Refused
from reconcile.emulator.requests import Request
from reconcile.emulator.routes import Route, Router


class Meant(Struct, frozen=True):
    """What a request means, whoever asks: its route, the numbers in its path, and all of its parameters."""

    route: Route
    numbers: tuple[int, ...]
    params: Mapping[str, Any]


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

    def meant(self, request: Request) -> Meant:
        """What a request means. Raises `Refused`."""
        route, numbers = self._router.find(request.method, _plain(request.path))
        return Meant(route, numbers, self.read(request))

    @abstractmethod
    def admit(self, route: Route, request: Request, params: Mapping[str, Any], numbers: tuple[int, ...]) -> Asked:
        """Lets a request in. Raises `Refused`: 401 for an unknown account, 403 for a signature that is not right."""

    def answer(self, request: Request) -> Answer:
        """Does what a request asks. A refusal is an answer, too; every answer is noted in the log."""
        uid, path = "", _plain(request.path)
        status = 500
        try:
            meant = self.meant(request)
            uid = str(meant.params.get(self.uid, ""))
            answer = self._handler(meant.route)(self.admit(meant.route, request, meant.params, meant.numbers))
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


def _plain(path: str) -> str:
    return "/" + path.strip("/")
