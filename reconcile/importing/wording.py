"""Widgets in words: their names, made from what they say, what stands in YAML for each, and the lines that takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from msgspec import Struct, field

from reconcile.importing.names import LONGEST, Namer, slug
from reconcile.importing.parts import Look, put, size
from reconcile.importing.sayings import Sayings
from reconcile.importing.values import OMIT
from reconcile.importing.weeks import week_name
from reconcile.importing.widgets import Wardrobe, Widget
from reconcile.importing.yamltext import ENTRIES, WIDTH, folded, lines


class Wording(Struct):
    """Says the widgets that a wardrobe has found, and each look with them; schedules have their names already."""

    wardrobe: Wardrobe
    sayings: Sayings
    #: What stands in YAML for each look, which many sites have.
    spelled: dict[Look, Any] = field(default_factory=dict)
    #: The parts below each key of a widget, and the lines, values and characters of what was counted already.
    tops: tuple[tuple[int, ...], ...] = ()
    topped: tuple[dict[Any, tuple[int, int, int]], ...] = ()

    def __post_init__(self) -> None:
        numbers: dict[str, list[int]] = defaultdict(list)
        for number, part in enumerate(self.sayings.parts):
            numbers[part.keys[0]].append(number)
        self.tops = tuple(tuple(found) for found in numbers.values())
        self.topped = tuple({} for _ in self.tops)

    def name_widgets(self, namer: Namer) -> dict[str, Any]:
        """The widgets by their names, each after the one that it extends; schedules have theirs already."""
        if self.wardrobe.root in self.wardrobe.widgets:  # which has no name yet
            assert self.wardrobe.root is not None
            self.wardrobe.root.name = namer.name("standard", "common")
        # One that is extended is found before those that extend it, and has more users.
        for widget in sorted((w for w in self.wardrobe.widgets if w is not self.wardrobe.root), key=lambda w: -w.users):
            widget.name = namer.name(*self.ideas(widget))
        made: dict[str, Any] = {}

        def add(widget: Widget) -> None:
            if widget.name not in made:
                if widget.parent is not None and widget.parent.name and not widget.parent.declared:
                    add(widget.parent)
                made[widget.name] = self.raw(widget.parent, widget.said, widget.layer)

        for widget in sorted(self.wardrobe.widgets, key=lambda w: (w is not self.wardrobe.root, -w.users, w.name)):
            add(widget)
        return made

    def ideas(self, widget: Widget) -> list[str]:
        """Names for a widget, the best first: after its only user, or after what tells it apart."""
        told = [text for number, value in widget.said.items() if (text := self.told(number, value))]
        told.sort(key=len)
        ideas = ["-".join(told[:count]) for count in (1, 2, 3) if count <= len(told)]
        if widget.parent is not None and widget.parent is not self.wardrobe.root:
            ideas[1:1] = [f"{widget.parent.name}-{idea}" for idea in ideas]
        client = slug(next(iter(widget.owners))) if len(widget.owners) == 1 else ""
        ideas = ([client, *(f"{client}-{idea}" for idea in ideas)] if client else []) + ideas
        return [idea for idea in ideas if len(idea) <= LONGEST] or ["widget"]

    def told(self, number: int, value: Any) -> str:
        """What a part says, in a word."""
        part = self.sayings.parts[number]
        if part.days:
            return self.sayings.schedules.get(value) or week_name(value)
        name = slug(" ".join(key for key in part.keys if key not in ("algorithms", "enable")).removesuffix("_enable"))
        if isinstance(value, bool):
            return name if value else f"no-{name}"
        if part.fields[0].type.name == "timezone":
            return slug(str(value).rpartition("/")[2])
        return f"{name}-{slug(str(value))}".strip("-")

    def raw(self, parent: Widget | None, said: Iterable[int], values: Sequence[Any]) -> dict[str, Any]:
        """A mapping of what is said over a widget that is extended."""
        made: dict[str, Any] = {} if parent is None or not parent.name else {"extends": parent.name}
        layer = self.wardrobe.layer_of(parent)
        for number in said:
            part = self.sayings.parts[number]
            say = self.sayings.week if part.days else partial(self.sayings.over, number)
            put(made, part.keys, say(values[number], layer[number]))
        return made

    def of_site(self, look: Look) -> Any:
        """What a site says of its widget: a name, a mapping, or OMIT."""
        if look not in self.spelled:
            self.spelled[look] = self.spell(look)
        return self.spelled[look]

    def spell(self, look: Look) -> Any:
        dressed = self.wardrobe.dressed[look]
        implied = self.wardrobe.implied and dressed.widget is self.wardrobe.root
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
            part, value = self.sayings.parts[number], look[number]
            raw = self.sayings.over(number, value, part.unsaid)
            if raw is not OMIT:
                whole = part.days and self.sayings.week_said(part, value, (part.unsaid,), whole=True)
                put(made, part.keys, whole or raw)
        return made
