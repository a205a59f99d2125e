"""Widgets that many sites have, found in what each site has: one that is like most, and those that extend it.

A *look* is all that a site's widget is; equal ones are looked at once, however many sites have them. The cost of a
project is counted in values written: a widget gets a name where that makes the whole cheaper, and extends the one from
which it differs least. Greedy, from what most sites share to what few do: linear in the looks and in what tells them
apart. What is declared already costs nothing, and is taken where it fits, or extended where it nearly does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from reconcile.importing.names import LONGEST, Namer, slug
from reconcile.importing.values import OMIT, Writer
from reconcile.importing.weeks import nothing_said, week_name, week_raw
from reconcile.importing.yamltext import ENTRIES, WIDTH, folded, lines
from reconcile.model.fields import UNMANAGED, Field, Group, Kind

Look = tuple[Any, ...]
#: What one look says otherwise than a layer: parts by number, with its own values.
Items = frozenset[tuple[int, Any]]

#: Weeks that are tried as that of most sites.
CANDIDATES: Final = 8
#: Widgets that extend one another, one above the other, at most.
DEPTH: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What is said as a whole: a field, or the week with all its days. `places` are positions among a kind's values."""

    keys: tuple[str, ...]
    places: tuple[int, ...]
    fields: tuple[Field, ...]
    days: tuple[tuple[Field, ...], ...] = ()

    def of(self, values: Sequence[Any]) -> Any:
        """This part of the values of a site."""
        return tuple(values[place] for place in self.places) if self.days else values[self.places[0]]

    @property
    def unsaid(self) -> Any:
        """Its value where nothing says one."""
        return nothing_said(self.days) if self.days else UNMANAGED


def parts_of(kind: Kind) -> tuple[Part, ...]:
    """The parts of a widget, in the order of the schema."""
    widget = kind.referred["widgets"]
    depth = len(widget.keys)
    made: list[Part] = []

    def walk(group: Group) -> None:
        for child in dict.fromkeys(group.children.values()):
            if isinstance(child, Field):
                if not child.undocumented:
                    made.append(Part(child.keys[depth:], (child.index,), (child,)))
            elif child.week:
                days = [day for day in dict.fromkeys(child.children.values()) if isinstance(day, Group)]
                fields = tuple(tuple(kind.fields[place] for place in day.leaves) for day in days)
                made.append(Part(child.keys[depth:], child.leaves, sum(fields, ()), fields))
            else:
                walk(child)

    walk(widget)
    return tuple(made)


@dataclass(slots=True, eq=False)
class Widget:
    """A widget with a name: what it says over the one that it extends, and what is the case with both."""

    parent: Widget | None
    layer: tuple[Any, ...]
    said: dict[int, Any]
    users: int = 0
    owners: set[str] = field(default_factory=set)
    name: str = ""
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Dressed:
    """A look as a site says it: the widget that it takes, and the parts that it says itself."""

    widget: Widget | None
    own: tuple[int, ...]


@dataclass(slots=True)
class Wardrobe:
    """The widgets of a project. `under` is what lies below every site already, in parts.

    `declared` are the widgets that have names, and `weekly` the schedules, as they were written: by a value's place.
    `implied`: the widget that is like most is under every site, so that none has to name it.
    """

    parts: tuple[Part, ...]
    writer: Writer
    under: tuple[Any, ...]
    implied: bool
    declared: Mapping[str, Mapping[int, Any]]
    weekly: Mapping[str, Mapping[int, Any]]
    root: Widget | None = None
    widgets: list[Widget] = field(default_factory=list)
    dressed: dict[Look, Dressed] = field(default_factory=dict)
    owners: Mapping[Look, set[str]] = field(default_factory=dict)
    looks: Counter[Look] = field(default_factory=Counter)
    #: The weeks below each week that is said, and how often that is.
    contexts: dict[Any, dict[Any, int]] = field(default_factory=lambda: defaultdict(dict))
    schedules: dict[Any, str] = field(default_factory=dict)
    #: How often each part has each value, and whether a value is another one than a layer's.
    counts: tuple[Counter[Any], ...] = ()
    otherwise: dict[tuple[Any, ...], tuple[dict[Any, bool], ...]] = field(default_factory=dict)
    weeks: dict[Any, dict[str, Any]] = field(default_factory=dict)
    named_weeks: dict[Any, str | None] = field(default_factory=dict)
    #: What stands in YAML for each look, which many sites have.
    spelled: dict[Look, Any] = field(default_factory=dict)
    #: The parts below each key of a widget, and the lines, values and characters of what was counted already.
    tops: tuple[tuple[int, ...], ...] = ()
    topped: tuple[dict[Any, tuple[int, int, int]], ...] = ()

    def __post_init__(self) -> None:
        numbers: dict[str, list[int]] = defaultdict(list)
        for number, part in enumerate(self.parts):
            numbers[part.keys[0]].append(number)
        self.tops = tuple(tuple(found) for found in numbers.values())
        self.topped = tuple({} for _ in self.tops)

    # --- what has to be said --------------------------------------------------------------------------------------

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

    def items(self, looks: Iterable[Look], layer: tuple[Any, ...]) -> dict[Look, Items]:
        """All that each look says otherwise than a layer."""
        known = self.otherwise.setdefault(layer, tuple({} for _ in layer))
        made = {}
        for look in looks:
            found = []
            for number, (value, differing) in enumerate(zip(look, known, strict=True)):
                differs = differing.get(value)
                if differs is None:
                    differs = differing[value] = self.over(number, value, layer[number]) is not OMIT
                if differs:
                    found.append((number, value))
            made[look] = frozenset(found)
        return made

    # --- factoring ------------------------------------------------------------------------------------------------

    def factor(self, looks: Counter[Look], owners: Mapping[Look, set[str]]) -> None:
        """Finds the widgets, and how each look is said with them."""
        self.owners, self.looks = owners, looks
        self.counts = self.counted(looks)
        weighed = dict(sorted(looks.items(), key=lambda item: -item[1]))
        if self.implied:
            self.root = self.rooted(self.common(self.counts), weighed)
        near = self.nearest(weighed, self.layer_of(self.root))
        left = near.pop(None, {})
        if not self.implied:
            rest = Counter({look: looks[look] for look in left})
            self.root = self.rooted(self.common(self.counted(rest)), rest)
        self.split(self.root, self.items(left, self.layer_of(self.root)), weighed, DEPTH)
        for widget, items in near.items():
            self.split(widget, items, weighed, DEPTH)
        self.forget_unused()
        for look, dressed in self.dressed.items():
            self.note_week(dressed.own, look, self.layer_of(dressed.widget), weighed[look])
        for widget in self.widgets:
            self.note_week(widget.said, widget.layer, self.layer_of(widget.parent), 1)

    def counted(self, looks: Mapping[Look, int]) -> tuple[Counter[Any], ...]:
        """How often each part has each value in these looks."""
        made = tuple(Counter[Any]() for _ in self.parts)
        for look, times in looks.items():
            for count, value in zip(made, look, strict=True):
                count[value] += times
        return made

    def rooted(self, said: Mapping[int, Any], users: Mapping[Look, int]) -> Widget | None:
        """The widget that says what most sites have: a declared one, one that extends that, or a new one."""
        if not said:
            return None
        best, most = None, 1
        for widget in self.offered(self.under):
            fits = {number for number in widget.said.keys() & said.keys() if self.fits(widget, number, said[number])}
            if widget.said.keys() <= said.keys() and (len(fits) > most or len(fits) == len(said)):
                best, most = widget, len(fits)
        own = {number: value for number, value in said.items() if best is None or not self.fits(best, number, value)}
        return self.make(best, own, users) if own else best

    def fits(self, widget: Widget, number: int, value: Any) -> bool:
        """Whether a widget says just this of a part."""
        return self.over(number, value, widget.layer[number]) is OMIT

    def offered(self, below: tuple[Any, ...]) -> list[Widget]:
        """The declared widgets, over what lies below, but for those that say more than documented fields."""
        known = {place for part in self.parts for place in part.places}
        made = []
        for name, said in sorted(self.declared.items()):
            if said.keys() <= known:
                layer = tuple(_laid(part, said, under) for part, under in zip(self.parts, below, strict=True))
                own = {n: layer[n] for n, part in enumerate(self.parts) if not said.keys().isdisjoint(part.places)}
                made.append(Widget(None, layer, own, name=name, declared=True))
        return made

    def nearest(self, looks: Iterable[Look], below: tuple[Any, ...]) -> dict[Widget | None, dict[Look, Items]]:
        """The looks by the declared widget that they differ from the least; None where nothing is gained by any."""
        made: dict[Widget | None, dict[Look, Items]] = defaultdict(dict)
        offered: list[tuple[Widget, list[tuple[int, dict[Any, bool]]]]] = [
            (widget, [(number, {}) for number in widget.said])
            for widget in self.offered(below)
            if self.root is None or widget.name != self.root.name
        ]
        for look, items in self.items(looks, below).items():
            differing = {number for number, _ in items}
            best, least = None, len(items)
            for widget, said in offered if items else ():
                left = len(differing)
                for number, known in said:  # only what a widget says can make a difference to what lies below it
                    fits = known.get(look[number])
                    if fits is None:
                        fits = known[look[number]] = self.fits(widget, number, look[number])
                    left += (not fits) - (number in differing)
                if left + 1 < least or (left == 0 and least):
                    best, least = widget, left + 1 if left else 0
            made[best][look] = items if best is None else self.items([look], best.layer)[look]
        return made

    def common(self, counted: Sequence[Counter[Any]]) -> dict[int, Any]:
        """The value of each part that most sites have, where it is shorter to say it once."""
        said: dict[int, Any] = {}
        if counted[0].total() < 2:
            return said
        for number, (under, counts) in enumerate(zip(self.under, counted, strict=True)):
            best, times = max(counts.items(), key=lambda item: (item[1], repr(item[0])))
            if self.parts[number].days:
                best = self.common_week(number, counts, under)
                times = counts[best]
            if times < 2 or self.over(number, best, under) in (OMIT, None):
                continue
            lost = sum(n for value, n in counts.items() if value != best and self.over(number, value, under) is OMIT)
            if times > lost + 1:
                said[number] = best
        return said

    def common_week(self, number: int, counts: Counter[Any], under: Any) -> Any:
        """The week over which the others are the shortest to say: a closed day over hours says more than `closed`."""

        def cost(below: Any) -> int:
            others = [(week, times) for week, times in counts.items() if week != below]
            return sum(times + size(self.over(number, week, below)) for week, times in others)

        common = sorted(counts, key=lambda week: (-counts[week], repr(week)))[:CANDIDATES]
        return min(common, key=cost)

    def make(self, parent: Widget | None, said: Mapping[int, Any], users: Mapping[Look, int]) -> Widget:
        layer = list(self.layer_of(parent))
        for number, value in said.items():
            layer[number] = value
        owners = set().union(*(self.owners.get(look, ()) for look in users))
        made = Widget(parent, tuple(layer), dict(sorted(said.items())), sum(users.values()), owners)
        self.widgets.append(made)
        return made

    def layer_of(self, widget: Widget | None) -> tuple[Any, ...]:
        """What lies below a site that takes a widget, or takes none and does not have one implied."""
        return self.under if widget is None else widget.layer

    def split(
        self, parent: Widget | None, differing: Mapping[Look, Items], times: Mapping[Look, int], depth: int
    ) -> None:
        """Divides the looks that are nearest to one widget among those that extend it, and says how each is said."""
        holders: dict[tuple[int, Any], list[Look]] = defaultdict(list)
        weights: Counter[tuple[int, Any]] = Counter()
        for look, items in differing.items():
            for item in items:
                holders[item].append(look)
                weights[item] += times[look]
        left = dict(differing)
        order = sorted((item for item in weights if weights[item] > 1), key=lambda i: (-weights[i], i[0], repr(i[1])))
        for item in order if depth else ():
            group = {look: left[look] for look in holders[item] if look in left}
            if sum(times[look] for look in group) < 2:
                continue
            said = self.shared(group, times)
            better = {look: items for look, items in group.items() if self.saves(parent, items, said, times[look]) > 0}
            gain = sum(self.saves(parent, items, said, times[look]) for look, items in better.items())
            if gain <= len(said) + 2:
                continue
            child = self.make(parent, said, {look: times[look] for look in better})
            for look in better:
                del left[look]
            self.split(child, self.items(better, child.layer), times, depth - 1)
        for look, items in left.items():
            self.dressed[look] = self.dress(look, parent, items)

    def shared(self, group: Mapping[Look, Items], times: Mapping[Look, int]) -> dict[int, Any]:
        """What most looks of a group say alike."""
        counts: Counter[tuple[int, Any]] = Counter()
        for look, items in group.items():
            for item in items:
                counts[item] += times[look]
        half = sum(times[look] for look in group) / 2
        return dict(item for item in counts if counts[item] > half and self.can_say(*item))

    def can_say(self, number: int, value: Any) -> bool:
        """Whether there is something to write for a value, even over nothing."""
        part = self.parts[number]
        values = value if part.days else (value,)
        return all(
            self.writer.writable(field, one).raw is not OMIT for field, one in zip(part.fields, values, strict=True)
        )

    def saves(self, parent: Widget | None, items: Items, said: Mapping[int, Any], times: int) -> int:
        """How many values fewer are written for a look by a widget of its own that says this."""
        numbers = {number for number, _ in items}
        rest = len(items - said.items()) + len(said.keys() - numbers)
        return times * (self.cost(len(items), parent) - self.cost(rest, None))

    def cost(self, own: int, widget: Widget | None) -> int:
        """Values that a site says: its own ones, and the widget's name where it has to."""
        named = widget is not self.root or not self.implied or self.root is None
        return own + 1 if own else int(named)

    def dress(self, look: Look, widget: Widget | None, items: Items) -> Dressed:
        if widget is not None and not (self.implied and self.root is not None):
            bare = self.items([look], self.under)[look]
            if len(bare) < self.cost(len(items), widget):
                return Dressed(None, tuple(sorted(number for number, _ in bare)))
        return Dressed(widget, tuple(sorted(number for number, _ in items)))

    def forget_unused(self) -> None:
        """A widget that nobody takes, and nothing extends, has no name."""
        while True:
            used = {id(d.widget) for d in self.dressed.values()} | {id(widget.parent) for widget in self.widgets}
            kept = [w for w in self.widgets if id(w) in used or (self.implied and w is self.root)]
            if len(kept) == len(self.widgets):
                return
            self.widgets = kept

    # --- weeks ----------------------------------------------------------------------------------------------------

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
                if said and self.over(number, live, _laid(part, said, under)) is OMIT
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

    # --- names and YAML -------------------------------------------------------------------------------------------

    def name_widgets(self, namer: Namer) -> dict[str, Any]:
        """The widgets by their names, each after the one that it extends; schedules have theirs already."""
        if self.root in self.widgets:  # which has no name yet
            assert self.root is not None
            self.root.name = namer.name("standard", "common")
        # One that is extended is found before those that extend it, and has more users.
        for widget in sorted((w for w in self.widgets if w is not self.root), key=lambda w: -w.users):
            widget.name = namer.name(*self.ideas(widget))
        made: dict[str, Any] = {}

        def add(widget: Widget) -> None:
            if widget.name not in made:
                if widget.parent is not None and widget.parent.name and not widget.parent.declared:
                    add(widget.parent)
                made[widget.name] = self.raw(widget.parent, widget.said, widget.layer)

        for widget in sorted(self.widgets, key=lambda w: (w is not self.root, -w.users, w.name)):
            add(widget)
        return made

    def ideas(self, widget: Widget) -> list[str]:
        """Names for a widget, the best first: after its only user, or after what tells it apart."""
        told = [text for number, value in widget.said.items() if (text := self.told(number, value))]
        told.sort(key=len)
        ideas = ["-".join(told[:count]) for count in (1, 2, 3) if count <= len(told)]
        if widget.parent is not None and widget.parent is not self.root:
            ideas[1:1] = [f"{widget.parent.name}-{idea}" for idea in ideas]
        client = slug(next(iter(widget.owners))) if len(widget.owners) == 1 else ""
        ideas = ([client, *(f"{client}-{idea}" for idea in ideas)] if client else []) + ideas
        return [idea for idea in ideas if len(idea) <= LONGEST] or ["widget"]

    def told(self, number: int, value: Any) -> str:
        """What a part says, in a word."""
        part = self.parts[number]
        if part.days:
            return self.schedules.get(value) or week_name(value)
        name = slug(" ".join(key for key in part.keys if key not in ("algorithms", "enable")).removesuffix("_enable"))
        if isinstance(value, bool):
            return name if value else f"no-{name}"
        if part.fields[0].type.name == "timezone":
            return slug(str(value).rpartition("/")[2])
        return f"{name}-{slug(str(value))}".strip("-")

    def raw(self, parent: Widget | None, said: Iterable[int], values: Sequence[Any]) -> dict[str, Any]:
        """A mapping of what is said over a widget that is extended."""
        made: dict[str, Any] = {} if parent is None or not parent.name else {"extends": parent.name}
        layer = self.layer_of(parent)
        for number in said:
            part = self.parts[number]
            say = self.week if part.days else partial(self.over, number)
            put(made, part.keys, say(values[number], layer[number]))
        return made

    def of_site(self, look: Look) -> Any:
        """What a site says of its widget: a name, a mapping, or OMIT."""
        if look not in self.spelled:
            self.spelled[look] = self.spell(look)
        return self.spelled[look]

    def spell(self, look: Look) -> Any:
        dressed = self.dressed[look]
        implied = self.implied and dressed.widget is self.root
        if not dressed.own:
            return OMIT if implied or dressed.widget is None else dressed.widget.name
        raw = self.raw(dressed.widget, dressed.own, look)
        if implied:
            raw.pop("extends", None)
        return raw

    def alone(self, look: Look) -> int:
        """The lines that a look takes where nothing is shared."""
        counted, values, width = 1, 0, len("    widget: {}")
        for numbers, known in zip(self.tops, self.topped, strict=True):
            value = look[numbers[0]] if len(numbers) == 1 else tuple(look[number] for number in numbers)
            found = known.get(value)
            if found is None:
                said = self.bare(look, numbers)
                text = folded(said)
                found = known[value] = (sum(1 for _ in lines(said, 6)), size(said), len(text) if said else 0)
            counted, values, width = counted + found[0], values + found[1], width + found[2]
        if not values:
            return 0
        # Between the braces there are as many commas, with blanks, as entries, less one: as in the parts' own braces.
        return 1 if values <= ENTRIES and width - 2 <= WIDTH else counted

    def bare(self, look: Look, numbers: Iterable[int]) -> dict[str, Any]:
        """What a site says of parts that shares nothing with others."""
        made: dict[str, Any] = {}
        for number in numbers:
            part, value = self.parts[number], look[number]
            raw = self.over(number, value, part.unsaid)
            if raw is not OMIT:
                whole = part.days and self.week_said(part, value, (part.unsaid,), whole=True)
                put(made, part.keys, whole or raw)
        return made


def _laid(part: Part, said: Mapping[int, Any], below: Any) -> Any:
    """A part of what lies below with what was said over it, by places."""
    if not part.days:
        return said.get(part.places[0], below)
    return tuple(said.get(place, under) for place, under in zip(part.places, below, strict=True))


def put(mapping: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    """Puts a value into nested mappings."""
    for key in keys[:-1]:
        mapping = mapping.setdefault(key, {})
    mapping[keys[-1]] = value


def size(raw: Any) -> int:
    """How many values are written."""
    if isinstance(raw, dict):
        return sum(map(size, raw.values()))
    if isinstance(raw, list):
        return sum(map(size, raw))
    return 0 if raw is OMIT else 1
