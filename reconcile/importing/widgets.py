"""Widgets that many sites have, found in what each site has: one that is like most, and those that extend it.

A *look* is all that a site's widget is; equal ones are looked at once, however many sites have them. The cost of a
project is counted in values written: a widget gets a name where that makes the whole cheaper, and extends the one from
which it differs least. Greedy, from what most sites share to what few do: linear in the looks and in what tells them
apart. What is declared already costs nothing, and is taken where it fits, or extended where it nearly does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, field

from reconcile.importing.parts import Look, laid, size
from reconcile.importing.sayings import Sayings
from reconcile.importing.values import OMIT

#: What one look says otherwise than a layer: parts by number, with its own values.
Items = frozenset[tuple[int, Any]]

#: Weeks that are tried as that of most sites.
CANDIDATES: Final = 8
#: Widgets that extend one another, one above the other, at most.
DEPTH: Final = 4


class Widget(Struct, eq=False):
    """A widget with a name: what it says over the one that it extends, and what is the case with both."""

    parent: Widget | None
    layer: tuple[Any, ...]
    said: dict[int, Any]
    users: int = 0
    owners: set[str] = field(default_factory=set)
    name: str = ""
    declared: bool = False


class Dressed(Struct, frozen=True):
    """A look as a site says it: the widget that it takes, and the parts that it says itself."""

    widget: Widget | None
    own: tuple[int, ...]


class Wardrobe(Struct):
    """The widgets of a project. `under` is what lies below every site already, in parts.

    `declared` are the widgets that have names, as they were written: by a value's place.
    `implied`: the widget that is like most is under every site, so that none has to name it.
    """

    sayings: Sayings
    under: tuple[Any, ...]
    implied: bool
    declared: Mapping[str, Mapping[int, Any]]
    root: Widget | None = None
    widgets: list[Widget] = field(default_factory=list)
    dressed: dict[Look, Dressed] = field(default_factory=dict)
    owners: Mapping[Look, set[str]] = field(default_factory=dict)
    looks: Counter[Look] = field(default_factory=Counter)
    #: How often each part has each value, and whether a value is another one than a layer's.
    counts: tuple[Counter[Any], ...] = ()
    otherwise: dict[tuple[Any, ...], tuple[dict[Any, bool], ...]] = field(default_factory=dict)

    def items(self, looks: Iterable[Look], layer: tuple[Any, ...]) -> dict[Look, Items]:
        """All that each look says otherwise than a layer."""
        known = self.otherwise.setdefault(layer, tuple({} for _ in layer))
        made = {}
        for look in looks:
            found = []
            for number, (value, differing) in enumerate(zip(look, known, strict=True)):
                differs = differing.get(value)
                if differs is None:
                    differs = differing[value] = self.sayings.over(number, value, layer[number]) is not OMIT
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
            self.sayings.note_week(dressed.own, look, self.layer_of(dressed.widget), weighed[look])
        for widget in self.widgets:
            self.sayings.note_week(widget.said, widget.layer, self.layer_of(widget.parent), 1)

    def counted(self, looks: Mapping[Look, int]) -> tuple[Counter[Any], ...]:
        """How often each part has each value in these looks."""
        made = tuple(Counter[Any]() for _ in self.sayings.parts)
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
        return self.sayings.over(number, value, widget.layer[number]) is OMIT

    def offered(self, below: tuple[Any, ...]) -> list[Widget]:
        """The declared widgets, over what lies below, but for those that say more than documented fields."""
        known = {place for part in self.sayings.parts for place in part.places}
        made = []
        for name, said in sorted(self.declared.items()):
            if said.keys() <= known:
                layer = tuple(laid(part, said, under) for part, under in zip(self.sayings.parts, below, strict=True))
                own = {
                    n: layer[n] for n, part in enumerate(self.sayings.parts) if not said.keys().isdisjoint(part.places)
                }
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
            if self.sayings.parts[number].days:
                best = self.common_week(number, counts, under)
                times = counts[best]
            if times < 2 or self.sayings.over(number, best, under) in (OMIT, None):
                continue
            lost = sum(
                n for value, n in counts.items() if value != best and self.sayings.over(number, value, under) is OMIT
            )
            if times > lost + 1:
                said[number] = best
        return said

    def common_week(self, number: int, counts: Counter[Any], under: Any) -> Any:
        """The week over which the others are the shortest to say: a closed day over hours says more than `closed`."""

        def cost(below: Any) -> int:
            others = [(week, times) for week, times in counts.items() if week != below]
            return sum(times + size(self.sayings.over(number, week, below)) for week, times in others)

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
        return dict(item for item in counts if counts[item] > half and self.sayings.can_say(*item))

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
