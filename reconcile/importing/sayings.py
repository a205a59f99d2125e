"""What has to be said of a part of a widget over what lies below it: a value, or a week by its days or its name.

A closed day over hours says more than `closed`, so that a week depends on the one below; each is worked out once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from reconcile.importing.names import Namer
from reconcile.importing.parts import Part, laid
from reconcile.importing.values import OMIT, Writer
from reconcile.importing.weeks import week_name, week_raw


class Sayings(Struct):
    """`weekly` are the schedules that are declared, as they were written: by a value's place."""

    parts: tuple[Part, ...]
    writer: Writer
    weekly: Mapping[str, Mapping[int, Any]]
    #: The weeks below each week that is said, and how often that is.
    contexts: dict[Any, dict[Any, int]] = field(default_factory=lambda: defaultdict(dict))
    schedules: dict[Any, str] = field(default_factory=dict)
    weeks: dict[Any, dict[str, Any]] = field(default_factory=dict)
    named_weeks: dict[Any, str | None] = field(default_factory=dict)

    def over(self, number: int, value: Any, under: Any) -> Any:
        """What is to be said of a part over what lies below; OMIT where that is nothing."""
        part = self.parts[number]
        if not part.days:
            return self.writer.over(part.fields[0], value, under)
        if value == under:
            return OMIT
        return self.week_said(part, value, (under,), whole=False) or OMIT

    def week_said(self, part: Part, live: Any, unders: tuple[Any, ...], *, whole: bool) -> dict[str, Any]:
        """What has to be said of a week, or all of it; worked out once."""
        key = (part.keys, live, unders, whole)
        if key not in self.weeks:
            self.weeks[key] = week_raw(self.writer, part.days, live, unders, whole=whole)
        return self.weeks[key]

    def can_say(self, number: int, value: Any) -> bool:
        """Whether there is something to write for a value, even over nothing."""
        part = self.parts[number]
        values = value if part.days else (value,)
        return all(
            self.writer.writable(field, one).raw is not OMIT for field, one in zip(part.fields, values, strict=True)
        )

    # --- weeks ------------------------------------------------------------------------------------------------------

    def note_week(self, said: Iterable[int], values: Sequence[Any], layer: Sequence[Any], times: int) -> None:
        for number in said:
            if self.parts[number].days:
                contexts = self.contexts[values[number]]
                contexts[layer[number]] = contexts.get(layer[number], 0) + times

    def name_schedules(self, namer: Namer) -> dict[str, Any]:
        """The schedules that are said more than once and have no name yet, by the ones that they get."""
        part = next(part for part in self.parts if part.days)
        made: dict[str, Any] = {}
        by_use = sorted(self.contexts.items(), key=lambda item: (-sum(item[1].values()), repr(item[0])))
        for live, contexts in by_use:
            own = [under for under in contexts if self.declared_week(live, under) is None]
            raw, times = self.week_said(part, live, tuple(own), whole=True), sum(contexts[under] for under in own)
            if times > 1 and raw:
                name = self.schedules[live] = namer.name(week_name(live))
                made[name] = raw
        return made

    def declared_week(self, live: Any, under: Any) -> str | None:
        """The name of the schedule that is declared, and makes a week of what lies below."""
        key = (live, under)
        if key not in self.named_weeks:
            number = next(n for n, part in enumerate(self.parts) if part.days)
            part = self.parts[number]
            fitting = (
                name
                for name, said in sorted(self.weekly.items())
                if said and self.over(number, live, laid(part, said, under)) is OMIT
            )
            self.named_weeks[key] = next(fitting, None)
        return self.named_weeks[key]

    def week(self, live: Any, under: Any) -> Any:
        """A week as it is said in one place: by name, or by the days that are other ones, or all of it."""
        named = self.declared_week(live, under)
        if named is not None:
            return named
        if live in self.schedules:
            return self.schedules[live]
        part = next(part for part in self.parts if part.days)
        some = self.week_said(part, live, (under,), whole=False)
        whole = self.week_said(part, live, (under,), whole=True)
        return some if under != part.unsaid and len(some) < len(whole) else whole
