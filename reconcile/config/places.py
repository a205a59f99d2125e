"""Where things stand in the files; lines and columns are looked up only for what is reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import yaml
from msgspec import Struct

from reconcile.config.scalars import inside
from reconcile.errors import Problem
from reconcile.model.normalize import quoted

#: Keys and list positions from the top of a file.
Keys = tuple[str | int, ...]
#: What was written where a value came through `${…}`, by file and keys.
Written = Mapping[tuple[str, Keys], str]
#: What was written where some text was expected.
NO_TEXT: Final = "none"
#: So many faults of one series are said of a file.
MOST_ALIKE: Final = 10


class Place(Struct, frozen=True):
    """A value in a file of the project, or its key; `line` and `column` where they are known already.

    `within` is how many characters into the text that stands there, of one that is read by a language of its own.
    """

    file: str
    keys: Keys = ()
    at_key: bool = False
    line: int = 0
    column: int = 0
    within: int | None = None


class Fault(Struct, frozen=True):
    """Something wrong at a place. `{other}` in the message stands for where `other` is.

    `got` ends the message, and is all of it that may name the value which stands there. Where that came through
    `${…}`, what was written is said instead: it may be a secret. `series` is what the fault has in common with others
    of its file: a table of a thousand rows may be wrong a thousand times in one way.
    """

    place: Place
    message: str
    other: Place | None = None
    got: str = ""
    series: str = ""


def misread(place: Place, error: ValueError) -> Fault:
    """The fault of a value that its canonicaliser refused with `expected …, got …`."""
    expected, comma, got = str(error).partition(", got ")
    return Fault(place, f"{expected}, got ", got=got) if comma else Fault(place, "can't be read: ", got=str(error))


def problems(root: Path, faults: Iterable[Fault], written: Written) -> list[Problem]:
    """The faults with their lines and columns; reads each file concerned once more."""
    faults = list(_without_floods(faults))
    found = positions(root, (place for fault in faults for place in (fault.place, fault.other) if place is not None))

    made = []
    for fault in faults:
        message = fault.message
        if fault.other is not None:
            line, column = found[fault.other]
            message = message.replace("{other}", f"{fault.other.file}:{line}:{column}")
        if fault.got:
            reference = written.get((fault.place.file, fault.place.keys))
            if reference is None:
                message += fault.got
            else:
                message += f"{'nothing from' if fault.got == NO_TEXT else 'what'} {quoted(reference)}"
                message += ", which is empty" if fault.got == NO_TEXT else " gives"
        made.append(Problem(fault.place.file, *found[fault.place], message))
    return made


def positions(root: Path, places: Iterable[Place]) -> dict[Place, tuple[int, int]]:
    """The lines and columns of places, from 1; reads each file concerned once more."""
    wanted: dict[str, set[Place]] = defaultdict(set)
    found: dict[Place, tuple[int, int]] = {}
    for place in places:
        if place.line:
            found[place] = place.line, place.column
        else:
            wanted[place.file].add(place)
    for file, there in wanted.items():
        found |= _positions(root / file, there)
    return found


def _without_floods(faults: Iterable[Fault]) -> Iterator[Fault]:
    """The faults, but only the first of each series, and how many there are more, where the first of those stands."""
    more: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for fault in dict.fromkeys(faults):
        alike = more[fault.place.file, fault.series] if fault.series else []
        if len(alike) < MOST_ALIKE:
            yield fault
        alike.append(fault)
    for (_, series), alike in more.items():
        if len(alike) > MOST_ALIKE:
            yield Fault(alike[MOST_ALIKE].place, f"and {len(alike) - MOST_ALIKE} more like those above: {series}")


def _positions(path: Path, places: set[Place]) -> dict[Place, tuple[int, int]]:
    try:
        data = path.read_bytes()
        node = yaml.compose(data, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, OSError):  # it was read before; somebody is editing it right now
        return dict.fromkeys(places, (1, 1))
    tree = _Tree(data)
    return {place: tree.position(node, place) for place in places}


class _Tree:
    """Finds its way in composed YAML; each mapping is indexed once, however many places are asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.indexes: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}

    def position(self, node: yaml.Node | None, place: Place) -> tuple[int, int]:
        """The position of the nearest thing on the way to `place` that stands in this file."""
        if node is None:
            return 1, 1
        mark = node.start_mark
        for depth, step in enumerate(place.keys):
            pair = self.step(node, step)
            if pair is None:
                break
            key, node = pair
            last = depth == len(place.keys) - 1
            mark = key.start_mark if last and place.at_key else node.start_mark
            if last and place.within is not None and isinstance(node, yaml.ScalarNode):
                return inside(self.data.decode("utf-8-sig", "replace"), node, place.within)
        return mark.line + 1, mark.column + 1

    def step(self, node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            return node.value[step], node.value[step]
        return self.index(node).get(str(step)) if isinstance(node, yaml.MappingNode) else None

    def index(self, node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """The keys and values of a mapping by name; what a merge key brings in stands where it was anchored."""
        known = self.indexes.get(id(node))
        if known is None:
            known = self.indexes[id(node)] = {}
            for key, value in node.value:
                if key.value == "<<":
                    for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                        if isinstance(source, yaml.MappingNode):
                            known = known | self.index(source)
            known |= {key.value: (key, value) for key, value in reversed(node.value) if isinstance(key.value, str)}
            self.indexes[id(node)] = known
        return known
