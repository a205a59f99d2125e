"""Where each value of one resource comes from: the same layers as in every project, with the way that they took.

Only what is asked about is traced, by the code that makes all layers; nothing else pays for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from reconcile.config import week
from reconcile.config.layers import Layer, Layers
from reconcile.config.places import Keys, Place
from reconcile.config.sections import Named, Sections
from reconcile.model.fields import UNMANAGED, Field, Group, Kind
from reconcile.values import Guarded


class Origin(Guarded, frozen=True):
    """A canonical value, where it stands, and the references that lead from the resource to there.

    UNMANAGED stands for a `null` that unsets. `parts` are those that a list is made of, where they stand elsewhere.
    """

    hidden = ("value",)

    value: Any
    place: Place
    through: tuple[Place, ...] = ()
    parts: tuple[Origin, ...] = ()


class Trail(dict[int, Any]):
    """A layer that knows of each value where it comes from, and what it shadows: the nearest first."""

    def __init__(self) -> None:
        super().__init__()
        self.origins: dict[int, tuple[Origin, ...]] = {}

    def lay(self, layer: Mapping[int, Any], place: Place | None = None) -> None:
        """Puts a layer on top; what has no origin of its own stands at `place`."""
        for index, value in layer.items():
            above = layer.origins.get(index, ()) if isinstance(layer, Trail) else ()
            if not above and place is not None:
                above = (Origin(value, place),)
            self[index] = value
            self.origins[index] = (*above, *self.origins.get(index, ()))

    def update(self, *layers: Any, **_: Any) -> None:
        """What the rules of merging do."""
        for layer in layers:
            self.lay(layer)

    def behind(self, reference: Place) -> Trail:
        """The same layer, reached by a reference."""
        made = Trail()
        made |= self
        made.origins = {
            index: tuple(replace(one, through=(reference, *one.through)) for one in origins)
            for index, origins in self.origins.items()
        }
        return made


class Tracing(Layers):
    """Makes layers that are trails, one key at a time."""

    def empty(self) -> Layer:
        return Trail()

    def mapping(self, group: Group, raw: Mapping[str, Any], file: str, keys: Keys, out: Layer) -> None:
        assert isinstance(out, Trail)
        for key, value in raw.items():
            said = Trail()
            super().mapping(group, {key: value}, file, keys, said)
            child, place = group.children.get(key), Place(file, (*keys, key))
            if isinstance(child, Field) and child.items and value is not None:
                said.origins[child.index] = (Origin(said[child.index], place, (), self.managers_in(value, place)),)
            out.lay(said, place)

    def managers_in(self, raw: Sequence[Any], place: Place) -> tuple[Origin, ...]:
        """The managers of a list that are named in it."""
        parts = []
        for position, entry in enumerate(raw):
            at = Place(place.file, (*place.keys, position))
            if isinstance(entry, str) and (value := self.manager(entry, at)) is not None:
                parts.append(Origin((value,), self.sections.named["managers"][entry].place, (at,)))
        return tuple(parts)

    def week(self, group: Group, raw: Mapping[str, Any], file: str, keys: Keys, out: Layer) -> None:
        """Day by day, each at the key that says it."""
        assert isinstance(out, Trail)
        for day, (key, value) in week.by_day(raw).items():
            said, child = Trail(), group.children[day]
            super().week(group, {key: value}, file, keys, said)
            assert isinstance(child, Group)
            for index in [index for index in said if index not in child.leaves]:
                del said[index]
            out.lay(said, Place(file, (*keys, key)))

    def union(self, group: Group, raw: Any, file: str, keys: Keys) -> Layer:
        parts: dict[int, list[Origin]] = {}
        for position, entry in enumerate(raw or ()):
            layer = self.union_entry(group, entry, file, (*keys, position))
            assert isinstance(layer, Trail)
            for index, origins in layer.origins.items():
                parts.setdefault(index, []).append(origins[0])
        made = Trail()
        for index, value in super().union(group, raw, file, keys).items():
            made[index] = value
            made.origins[index] = (Origin(value, Place(file, keys), (), tuple(parts.get(index, ()))),)
        return made

    def named_layer(self, section: str, name: str, asked: Place) -> Layer:
        layer = super().named_layer(section, name, asked)
        return layer.behind(asked) if isinstance(layer, Trail) else layer


def trace(sections: Sections, site: Kind, kind: Kind, layers: Iterable[Named]) -> Trail:
    """The values of a resource by field index, of what was written for it: the farthest layer first.

    The project has to be one without faults; `site` is its kind of sites, `kind` that of the resource.
    """
    tracing = Tracing(sections, site, [])
    trail = Trail()
    for one in layers:
        trail.lay(tracing.group_layer(kind.root, one.raw or {}, one.place.file, one.place.keys))
    return trail


__all__ = ["UNMANAGED", "Origin", "Trail", "trace"]
