"""`rollout:`, checked: sizes that ascend to 100 %, times, and commands that need no shell."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from reconcile.config.places import Fault, Place, misread
from reconcile.config.sections import Named
from reconcile.config.settings import with_defaults
from reconcile.model.capabilities import Activity, Capabilities
from reconcile.model.fields import schemas
from reconcile.model.normalize import quoted
from reconcile.model.rollout import (
    CallsGate,
    Chosen,
    CommandGate,
    ConfirmGate,
    Count,
    Gate,
    OnFailure,
    Percent,
    Rollout,
    Size,
    read_size,
    read_span,
    told_apart,
)
from reconcile.model.state import DesiredState

#: What means something to a shell alone.
_OF_SHELLS: Final = frozenset("|&;<>()")
_QUESTION: Final = "Go on with the next wave?"
_KINDS: Final = ("command", "calls", "confirm")

T = TypeVar("T")


def rollout(entry: Named, services: Mapping[str, Capabilities], faults: list[Fault]) -> Rollout | None:
    """The rollout that is declared, None where none is or it is too wrong to be used."""
    raw = entry.raw
    if not raw or not raw.get("waves"):
        return None  # what is missing has been said
    before = len(faults)
    home = Place(entry.place.file, entry.place.keys)
    raw = with_defaults(schemas()["rollout"], raw)
    waves = list(_sizes(raw["waves"], home, faults))
    if len(faults) == before:
        faults += _not_ascending(waves, _at(home, "waves"))
    pause = _read(read_span, raw["pause"], _at(home, "pause"), faults)
    gates = [
        gate
        for number, one in enumerate(raw["gates"])
        if one and (gate := _gate(one, _at(home, "gates", number), services, faults)) is not None
    ]
    if len(faults) > before or pause is None:
        return None
    return Rollout(tuple(waves), pause, raw["max_failures"], OnFailure(raw["on_failure"]), told_apart(gates))


def wrong_selections(entry: Named, state: DesiredState, wrong: Callable[[str, DesiredState], str]) -> Iterator[Fault]:
    """The waves whose selection is no expression, or names what the project does not have."""
    for number, size in enumerate(state.rollout.waves if state.rollout else ()):
        if isinstance(size, Chosen) and (said := wrong(size.expression, state)):
            yield Fault(_at(Place(entry.place.file, entry.place.keys), "waves", number), said)


def _at(place: Place, *keys: str | int) -> Place:
    return Place(place.file, (*place.keys, *keys))


def _read(read: Callable[[Any], T], raw: Any, place: Place, faults: list[Fault]) -> T | None:
    try:
        return read(raw)
    except ValueError as error:
        faults.append(misread(place, error))
        return None


def _sizes(raw: Sequence[Any], home: Place, faults: list[Fault]) -> Iterator[Size]:
    for number, one in enumerate(raw):
        size = None if one is None else _read(read_size, one, _at(home, "waves", number), faults)
        if size is not None:
            yield size


def _not_ascending(waves: Sequence[Size], place: Place) -> Iterator[Fault]:
    """Waves that are no larger than one before, whatever the plan; and a last one that leaves sites out."""
    for number, size in enumerate(waves):
        for other in waves[:number]:
            if _no_larger(size, other):
                yield Fault(_at(place, number), f"waves ascend, and {size} comes after {other}")
                break
    if waves[-1] != Percent(100):
        last = _at(place, len(waves) - 1)
        yield Fault(last, f"the last wave is 100%, so that no site is left out; here it is {waves[-1]}")


def _no_larger(size: Size, other: Size) -> bool:
    match size, other:
        case Count(), Count():
            return size.sites <= other.sites
        case Percent(), Percent():
            return size.percent <= other.percent
        case Count(1), Percent():  # which is one site at least
            return True
        case Chosen(), Chosen():
            return size == other
        case _, Percent(percent):
            return percent == 100
    return False


# --- gates ------------------------------------------------------------------------------------------------------------


def _gate(raw: Any, place: Place, services: Mapping[str, Capabilities], faults: list[Fault]) -> Gate | None:
    kinds = [kind for kind in _KINDS if kind in raw]
    if len(kinds) > 1:
        faults.append(Fault(place, f"a gate is one of {', '.join(_KINDS)}, and this one has {' and '.join(kinds)}"))
        return None
    if "timeout" in raw and "command" not in raw:
        faults.append(Fault(_at(place, "timeout"), "`timeout` belongs to a `command`"))
    settings = with_defaults(schemas()["gate"], raw)
    match kinds:
        case ["command"]:
            argv = _read(_argv, raw["command"], _at(place, "command"), faults)
            timeout = _positive(settings["timeout"], _at(place, "timeout"), faults)
            return None if argv is None or timeout is None else CommandGate(argv, timeout)
        case ["calls"]:
            return _calls(raw["calls"] or {}, _at(place, "calls"), services, faults)
        case ["confirm"]:
            if raw["confirm"] is False:
                faults.append(Fault(_at(place, "confirm"), "expected true or a question, got ", got="false"))
                return None
            return ConfirmGate(_QUESTION if raw["confirm"] is True else raw["confirm"])
    return None  # that no kind is there has been said


def _calls(
    raw: Mapping[str, Any], place: Place, services: Mapping[str, Capabilities], faults: list[Fault]
) -> Gate | None:
    settings = with_defaults(schemas()["gate"]["properties"]["calls"], raw)
    window = _positive(settings["window"], _at(place, "window"), faults)
    if services and not any(Activity.STATISTICS in service.activities for service in services.values()):
        faults.append(Fault(place, "no account's service has statistics of calls"))
    if window is None:
        return None
    return CallsGate(window, settings["min_calls"], settings["max_increase"], settings["too_few"] == "stop")


def _positive(raw: Any, place: Place, faults: list[Fault]) -> float | None:
    """Seconds, more than none."""
    seconds = _read(read_span, raw, place, faults)
    if seconds == 0:
        faults.append(Fault(place, "expected a time above 0, got ", got=quoted(raw)))
        return None
    return seconds


def _argv(raw: str | Sequence[str]) -> tuple[str, ...]:
    """A program and its arguments. Raises `ValueError` for what only a shell could run."""
    if not isinstance(raw, str):
        return tuple(raw)
    lexer = shlex.shlex(raw, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        argv = tuple(lexer)
    except ValueError as error:
        raise ValueError(f"it is no command: {str(error).lower()}") from None
    if not argv:
        raise ValueError("expected a command, got nothing")
    strange = next((word for word in argv if word and set(word) <= _OF_SHELLS), None)
    if strange is not None:
        raise ValueError(f"no shell runs it, so that {strange} means nothing; write [sh, -c, '...'] if that is meant")
    return argv
