"""When faults strike: decided by a seed, the request and how often it came, and by nothing else.

The same seed and the same requests have the same faults, in whatever order requests on several connections arrive. A
signature is no part of the request here, nor is a time that a client may have taken from its clock. Only `times` counts
in the order of arrival.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import Final

import orjson
from msgspec import Struct
from msgspec.structs import replace

from reconcile.emulator.answers import Answer
from reconcile.emulator.context import Context
from reconcile.emulator.deliveries import Delivery
from reconcile.emulator.faults import Fault, Stage, Strike, Strikes
from reconcile.emulator.meanwhile import Happened, Scene
from reconcile.emulator.refused import Refused
from reconcile.emulator.requests import Request
from reconcile.emulator.service import Service

log = logging.getLogger("reconcile.emulator")

#: Parameters that differ from one sending of the same request to the next.
_UNSTABLE: Final = frozenset(
    {"sign", "SecurityKey", "delayed", "planned_time", "start_at", "end_at", "date_from", "date_to"}
)


class Schedule:
    """Faults that are on, and the dice that say when they strike."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self.faults = tuple(faults)
        self._seed = seed
        self._seen: Counter[bytes] = Counter()
        self._struck: Counter[int] = Counter()

    def arrived(self, service: Service, request: Request) -> bytes:
        """What names this request, and which sending of it this is."""
        same = _stable(service, request)
        self._seen[same] += 1
        return b"%d/%s" % (self._seen[same], same)

    def dice(self, sides: int, name: str, occurrence: bytes) -> int:
        """A number below `sides`, always the same for the same request."""
        rolled = blake2b(f"{self._seed}/{name}/".encode() + occurrence, digest_size=8).digest()
        return int.from_bytes(rolled) % sides

    def striking(self, stage: Stage, request: Request, occurrence: bytes) -> Iterator[tuple[int, Fault]]:
        """The faults of a stage that are to strike a request, in an order that the dice decide."""
        rolled = [
            (self.dice(_FINE, fault.name, occurrence) / _FINE, n, fault)
            for n, fault in enumerate(self.faults)
            if fault.kind.stage is stage and _is_meant(fault, request)
        ]
        for chance, n, fault in sorted(rolled, key=lambda one: one[:2]):
            if chance < fault.rate and (fault.times is None or self._struck[n] < fault.times):
                yield n, fault

    def struck(self, n: int) -> None:
        """The fault in this place has struck."""
        self._struck[n] += 1


#: So many chances there are between 0 and 1.
_FINE: Final = 2**53


class Fate(Struct, frozen=True):
    """What becomes of a request: it is done as `request`, unless there is something `instead`."""

    number: int
    service: Service
    request: Request
    schedule: Schedule | None = None
    occurrence: bytes = b""
    scene: Scene | None = None
    instead: Delivery | None = None


class Injector:
    """Lets the faults that are on strike, and notes what struck. Used by the server's thread; `set` by any."""

    def __init__(self, context: Context, faults: Iterable[Fault], seed: int) -> None:
        self._context = context
        self._schedule = Schedule(faults, seed)
        self._addresses: dict[str, str] = {}
        self._strikes: list[Strike] = []

    def set(self, faults: Iterable[Fault], seed: int) -> None:
        """Other faults from now on; what has come so often is counted anew. Addresses that changed stay changed."""
        self._schedule = Schedule(faults, seed)

    @property
    def strikes(self) -> Strikes:
        """What struck so far."""
        return Strikes(tuple(self._strikes))

    def clear(self) -> None:
        """Forgets what struck."""
        self._strikes = []

    def arrive(self, number: int, service: Service, request: Request) -> Fate:
        """Decides what becomes of a request, and lets happen what happens as it arrives."""
        schedule = self._schedule
        if not schedule.faults:
            return Fate(number, service, self._as_seen(request))
        occurrence = schedule.arrived(service, request)
        fate = Fate(number, service, request, schedule, occurrence, self._scene(service, request, schedule, occurrence))
        for n, fault in schedule.striking(Stage.BEFORE, request, occurrence):
            self._note(fate, n, fault)
            return replace(fate, instead=fault.kind.act(fault.lasting))
        if fate.scene is not None:
            for n, fault in schedule.striking(Stage.MEANWHILE, request, occurrence):
                happened = fault.kind.act(fate.scene)
                if happened is not None:
                    self._note(fate, n, fault, happened)
        self._context.unseen.take()
        return replace(fate, request=self._as_seen(request))

    def done(self, fate: Fate, answer: Answer) -> Delivery:
        """What becomes of the answer to a request that was done."""
        made = self._context.unseen.take()
        delivery = Delivery(answer)
        if fate.schedule is None:
            return delivery
        if made and fate.scene is not None:
            for n, fault in fate.schedule.striking(Stage.MADE, fate.request, fate.occurrence):
                self._note(fate, n, fault, fault.kind.act(fate.scene, made, fault.lasting))
        for n, fault in fate.schedule.striking(Stage.AFTER, fate.request, fate.occurrence):
            spoiled = fault.kind.act(answer)
            if spoiled is not None:
                self._note(fate, n, fault)
                delivery = spoiled
                break
        for n, fault in fate.schedule.striking(Stage.DELAY, fate.request, fate.occurrence):
            self._note(fate, n, fault)
            delivery = replace(delivery, delay=delivery.delay + fault.kind.act(fault.lasting))
        return delivery

    def _as_seen(self, request: Request) -> Request:
        seen = self._addresses.get(request.client)
        return request if seen is None else replace(request, client=seen)

    def _scene(self, service: Service, request: Request, schedule: Schedule, occurrence: bytes) -> Scene | None:
        """Where a fault may strike; None for a request that nobody understands."""
        try:
            meant = service.meant(request)
        except Refused:
            return None
        uid = str(meant.params.get(service.uid, ""))
        return Scene(
            self._context,
            meant,
            uid,
            request.client,
            self._addresses,
            lambda sides, what: schedule.dice(sides, what, occurrence),
        )

    def _note(self, fate: Fate, n: int, fault: Fault, what: Happened | None = None) -> None:
        assert fate.schedule is not None
        fate.schedule.struck(n)
        what = what or Happened()
        strike = Strike(
            fate.number,
            fate.service.name,
            fate.request.method,
            fate.request.path,
            fault.name,
            what.site,
            what.field,
            what.value,
        )
        self._strikes.append(strike)
        log.info("%s", strike)


def _is_meant(fault: Fault, request: Request) -> bool:
    if not fault.only:
        return True
    method, path = fault.only.split()
    return fnmatchcase(request.method, method.upper()) and fnmatchcase(request.path, path)


def _stable(service: Service, request: Request) -> bytes:
    """A request without what differs from one sending of it to the next."""
    try:
        params = service.read(request)
    except Refused:
        said = f"{request.query}/".encode() + request.body
    else:
        kept = {name: value for name, value in params.items() if name not in _UNSTABLE}
        said = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
    about = f"{service.name} {request.method} {request.path} ".encode()
    return blake2b(about + said, digest_size=16).digest()
