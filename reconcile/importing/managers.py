"""Managers: those who answer for several sites get a name, the others stand where they answer.

Those who are declared already keep the name that they have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from reconcile.importing.names import Namer, slug
from reconcile.importing.values import OMIT, Writer
from reconcile.importing.yamltext import fits, height
from reconcile.model.fields import Field

#: Sites for which a manager answers who gets a name.
SHARED: Final = 2


class Managers(Struct):
    """The managers of a project; `field` is the one that they stand in, `declared` those that have names."""

    field: Field
    writer: Writer
    declared: Mapping[str, tuple[Any, ...]]
    users: Counter[tuple[Any, ...]] = msgspec.field(default_factory=Counter)
    names: dict[tuple[Any, ...], str] = msgspec.field(default_factory=dict)
    known: dict[tuple[Any, ...], Any] = msgspec.field(default_factory=dict)
    heights: dict[tuple[Any, ...], int] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, entry in sorted(self.declared.items(), reverse=True):  # of two alike the first by name is taken
            if self.raw(entry) is not OMIT:
                self.names[entry] = name

    def raw(self, entry: tuple[Any, ...]) -> Any:
        """One manager in place; OMIT for one that can't be declared."""
        found = self.known.get(entry)
        if found is None:
            found = self.known[entry] = self._raw(entry)
        return found

    def _raw(self, entry: tuple[Any, ...]) -> Any:
        made = {}
        for item, value in zip(self.field.items, entry, strict=True):
            if value == item.nothing and not item.required:
                continue
            raw = OMIT if value == item.nothing else self.writer.writable(item, value, self.field.keys).raw
            if raw is OMIT:
                return OMIT
            made[item.name] = raw
        return made

    def can_say(self, value: Any) -> bool:
        """Whether a site's managers can be declared: all of them, because the list is owned whole."""
        return isinstance(value, tuple) and bool(value) and all(self.raw(entry) is not OMIT for entry in value)

    def count(self, value: tuple[Any, ...], times: int) -> None:
        """Notes the managers of so many sites."""
        for entry in dict.fromkeys(value):
            self.users[entry] += times

    def name(self, namer: Namer) -> dict[str, Any]:
        """Those who answer for several sites and have no name yet, by the ones that they get."""
        shared = [entry for entry, times in self.users.items() if times >= SHARED and entry not in self.names]
        for entry in sorted(shared, key=lambda entry: (-self.users[entry], repr(entry))):
            self.names[entry] = namer.name(*self.ideas(entry))
        return {self.names[entry]: self.raw(entry) for entry in self.names if self.names[entry] not in self.declared}

    def named(self) -> dict[str, Any]:
        """All who have a name, by it."""
        return {name: self.raw(entry) for entry, name in self.names.items()}

    def ideas(self, entry: tuple[Any, ...]) -> list[str]:
        """Names for a manager: the own one, with the branch, or with the end of the phone."""
        parts = {item.name: slug(str(value)) for item, value in zip(self.field.items, entry, strict=True) if value}
        name, region, phone = parts.get("name", ""), parts.get("region", ""), parts.get("phone", "")[-4:]
        first = name or region or "manager"
        more = f"{name}-{region}" if name and region else ""
        return [first if name or region else "", more, f"{first}-{phone}"]

    def alone(self, value: tuple[Any, ...]) -> int:
        """The lines that a list of them takes in a site that says all of it itself."""
        if fits("managers", [self.raw(entry) for entry in value], 4):
            return 1
        for entry in value:
            if entry not in self.heights:
                self.heights[entry] = height(self.raw(entry), 4)
        return 1 + sum(map(self.heights.__getitem__, value))

    def of_site(self, value: tuple[Any, ...]) -> list[Any]:
        """The list as a site says it."""
        return [self.names.get(entry) or self.raw(entry) for entry in value]
