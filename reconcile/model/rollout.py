"""How a change goes to many sites: in waves, with a pause and gates between them (`rollout:`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([smhd])")
_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,3})?) ?%")


class OnFailure(StrEnum):
    """What becomes of a rollout whose wave failed, or whose gate said no."""

    STOP = "stop"
    ROLLBACK = "rollback"


class Count(Struct, frozen=True):
    """A wave up to so many sites in all."""

    sites: int

    def __str__(self) -> str:
        return str(self.sites)


class Percent(Struct, frozen=True):
    """A wave up to a share of the sites that the plan changes, above 0 and up to 100."""

    percent: float

    def __str__(self) -> str:
        return f"{self.percent:g}%"


class Chosen(Struct, frozen=True):
    """A wave of all the sites that a selection means, such as `tier=pilot`."""

    expression: str

    def __str__(self) -> str:
        return self.expression


Size = Count | Percent | Chosen


class CommandGate(Struct, frozen=True):
    """A program that says whether to go on: it does by exit code 0, within `timeout` seconds. Run without a shell."""

    argv: tuple[str, ...]
    timeout: float
    place: str = ""

    def __str__(self) -> str:
        return f"command {self.argv[0]}{self.place}"


class CallsGate(Struct, frozen=True):
    """Visitors still get through: the share of missed calls rises by `max_increase` percentage points at most.

    Compared are `window` seconds after the wave and as many before it, over the wave's sites. Where there were fewer
    finished calls than `min_calls` in either, that can't be told, and the gate goes on unless `strict`.
    """

    window: float
    min_calls: int
    max_increase: float
    strict: bool
    place: str = ""

    def __str__(self) -> str:
        return f"calls within {span(self.window)}{self.place}"


class ConfirmGate(Struct, frozen=True):
    """A person at a terminal, who is asked `question`."""

    question: str
    place: str = ""

    def __str__(self) -> str:
        return f"confirm{self.place}"


Gate = CommandGate | CallsGate | ConfirmGate


def told_apart(gates: Sequence[Gate]) -> tuple[Gate, ...]:
    """The gates, those that would be called the same with their numbers: their arguments may hold secrets."""
    times = Counter(map(str, gates))
    return tuple(
        replace(gate, place=f" (gate {number})") if times[str(gate)] > 1 else gate
        for number, gate in enumerate(gates, start=1)
    )


class Rollout(Struct, frozen=True):
    """The waves of every apply; `pause` is in seconds, `max_failures` is how many changes of a wave may go wrong.

    The last wave is always `100%`.
    """

    waves: tuple[Size, ...]
    pause: float = 0.0
    max_failures: int = 0
    on_failure: OnFailure = OnFailure.STOP
    gates: tuple[Gate, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether a person has to be there."""
        return any(isinstance(gate, ConfirmGate) for gate in self.gates)


def read_size(raw: int | str) -> Size:
    """A number, a percentage, or a selection. Raises `ValueError` with what was expected."""
    if not isinstance(raw, str):
        return Count(raw)
    text = raw.strip()
    if text.isdecimal() and text.isascii():
        return read_size_of(Count(int(text)))
    percent = _PERCENT.fullmatch(text)
    if percent is not None:
        return read_size_of(Percent(float(percent[1])))
    if not text or re.fullmatch(r"[-\d.,%\s]+", text) or text.endswith("%"):
        raise ValueError(f'expected a number, a percentage such as 10%, or a selection such as tier=pilot, got "{raw}"')
    return Chosen(text)


def read_size_of(size: Count | Percent) -> Size:
    """The size, if there can be a wave of it. Raises `ValueError`."""
    if isinstance(size, Count) and size.sites < 1:
        raise ValueError(f'expected 1 site or more, got "{size}"')
    if isinstance(size, Percent) and not 0 < size.percent <= 100:
        raise ValueError(f'expected a percentage above 0% and up to 100%, got "{size}"')
    return size


def read_span(raw: float | str) -> float:
    """Seconds: a number of them, or `90s`, `10m`, `1h30m`, `1d`. Raises `ValueError`."""
    if not isinstance(raw, str):
        return float(raw)
    text = raw.strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,3})?", text):
        return float(text)
    parts = _SPAN.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f'expected seconds, or a time such as 90s, 10m, 1h30m or 1d, got "{raw}"')
    return float(sum(float(number) * _UNITS[unit] for number, unit in parts))


def span(seconds: float) -> str:
    """Seconds as people say them: `90 s`, `10 min`, `1 h 30 min`."""
    if seconds < 120 or seconds != int(seconds):
        return f"{seconds:g} s"
    parts = []
    left = int(seconds)
    for size, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {name}")
    return " ".join(parts)
