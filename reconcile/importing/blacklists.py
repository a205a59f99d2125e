"""Blacklists that several sites have in common, out of what each of them blocks.

What a site blocks is a set of entries, each of one kind. Two ways of sharing are tried, and the cheaper one is taken:
sites that block just the same have one list; or entries that always stand together are one list, and a site is the
union of some of them. Lists that are declared already are taken first, as they cost nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from reconcile.importing.names import Namer
from reconcile.importing.values import OMIT, Writer
from reconcile.model.fields import Field

#: What is blocked: the position of a kind among the fields, and the canonical entry.
Entries = frozenset[tuple[int, str]]


class Blacklists(Struct):
    """The blacklists of a project; `fields` are the kinds of entries, `declared` the lists that have names."""

    fields: Sequence[Field]
    writer: Writer
    declared: Mapping[str, Mapping[int, Any]]
    lists: list[Entries] = field(default_factory=list)
    names: dict[Entries, str] = field(default_factory=dict)
    parts: dict[Entries, tuple[tuple[Entries, ...], Entries]] = field(default_factory=dict)
    known: dict[tuple[Any, ...], Entries] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds = {one.index: kind for kind, one in enumerate(self.fields)}
        for name, layer in sorted(self.declared.items(), reverse=True):  # of two alike the first by name is taken
            # A list of no entries of a kind, or of an undocumented kind, says more than what it blocks.
            if layer and all(index in kinds and _is_full(values) for index, values in layer.items()):
                self.names[frozenset((kinds[i], entry) for i, values in layer.items() for entry in values)] = name

    def entries(self, values: tuple[Any, ...]) -> Entries:
        """What a site blocks, without the kinds of which an entry can't be declared: a list is owned whole."""
        if values not in self.known:
            self.known[values] = frozenset(
                (kind, entry)
                for kind, (one, value) in enumerate(zip(self.fields, values, strict=True))
                if value and self.writer.writable(one, value).raw is not OMIT
                for entry in value
            )
        return self.known[values]

    def factor(self, counts: Mapping[Entries, int]) -> None:
        """Finds the lists, and of which ones each site's is the union."""
        known = self.divided([entries for entries in counts if entries], list(self.names))
        sets = Counter[Entries]()
        for entries, (_, left) in known.items():
            if left:
                sets[left] += counts[entries]
        ways = [self.divided(sets, lists) for lists in (_identical(sets), _together(sets))]
        costs = [sum(_cost(one) + 1 for one in _used(way)) + _said(way, sets) for way in ways]
        rest = ways[costs.index(min(costs))]
        users = Counter[Entries]()
        for entries, (lists, _) in rest.items():
            for one in lists:
                users[one] += sets[entries]
        for entries, (named, left) in known.items():
            lists, own = rest.get(left, ((), left))
            self.parts[entries] = (*named, *lists), own
        self.lists = sorted(users, key=lambda one: (-users[one], sorted(one)))

    def divided(
        self, sets: Iterable[Entries], lists: Sequence[Entries]
    ) -> dict[Entries, tuple[tuple[Entries, ...], Entries]]:
        """Each set as the union of lists and of what is left."""
        holding: dict[tuple[int, str], list[Entries]] = defaultdict(list)
        for one in lists:
            holding[min(one)].append(one)
        made = {}
        for entries in sets:
            left, taken = entries, []
            fitting = [one for item in entries for one in holding.get(item, ()) if one <= entries]
            for one in sorted(fitting, key=lambda one: (-len(one), sorted(one))):
                if one <= left:
                    taken.append(one)
                    left -= one
            made[entries] = (tuple(taken), left)
        return made

    def name(self, namer: Namer) -> dict[str, Any]:
        """The new lists by their names."""
        for one in self.lists:
            kinds = [self.fields[kind].name for kind in sorted({kind for kind, _ in one})]
            self.names[one] = namer.name(*([f"blocked-{kinds[0]}"] if len(kinds) == 1 else []), "blocked")
        return {self.names[one]: self.raw(one) for one in self.lists}

    def raw(self, entries: Iterable[tuple[int, str]]) -> dict[str, Any]:
        """A list in place."""
        found: dict[int, list[str]] = defaultdict(list)
        for kind, entry in sorted(entries):
            found[kind].append(entry)
        return {
            self.fields[kind].name: self.writer.writable(self.fields[kind], tuple(found[kind])).raw for kind in found
        }

    def of_site(self, entries: Entries) -> list[Any]:
        """What a site says."""
        if not entries:
            return []
        lists, left = self.parts[entries]
        return [*(self.names[one] for one in lists), *([self.raw(left)] if left else [])]


def _is_full(values: Any) -> bool:
    return isinstance(values, tuple) and bool(values)


def _identical(sets: Mapping[Entries, int]) -> list[Entries]:
    return [entries for entries, times in sets.items() if times > 1]


def _together(sets: Mapping[Entries, int]) -> list[Entries]:
    """Entries that stand together in all sets, where that saves something."""
    users: dict[tuple[int, str], list[int]] = defaultdict(list)
    for number, entries in enumerate(sets):
        for entry in entries:
            users[entry].append(number)
    times = list(sets.values())
    groups: dict[tuple[int, ...], list[tuple[int, str]]] = defaultdict(list)
    for entry, numbers in users.items():
        groups[tuple(numbers)].append(entry)
    made = []
    for where, items in groups.items():
        weight, one = sum(times[number] for number in where), frozenset(items)
        if weight * _cost(one) > weight + 1 + _cost(one):
            made.append(one)
    return made


def _cost(entries: Entries) -> int:
    """Values that are written where entries stand in place."""
    return len(entries) + len({kind for kind, _ in entries})


def _used(way: Mapping[Entries, tuple[tuple[Entries, ...], Entries]]) -> set[Entries]:
    return {one for lists, _ in way.values() for one in lists}


def _said(way: Mapping[Entries, tuple[tuple[Entries, ...], Entries]], sets: Mapping[Entries, int]) -> int:
    return sum(times * (len(way[entries][0]) + _cost(way[entries][1])) for entries, times in sets.items())
