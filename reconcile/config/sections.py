"""The sections of all files of a project, merged; a name stands for one thing only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from reconcile.config.load import Document
from reconcile.config.places import Fault, Place

#: Sections whose entries have names that are declared once in a project.
NAMED: Final = (
    "accounts",
    "policies",
    "schedules",
    "widgets",
    "managers",
    "blacklists",
    "clients",
    "sites",
    "site_groups",
)


class Named(Struct, frozen=True):
    """One named entry: where it is declared, and what was written."""

    place: Place
    raw: Any


class Sections(Struct, frozen=True):
    """A project merged from its files. `names` also holds the names of entries that were too wrong to keep."""

    named: Mapping[str, Mapping[str, Named]]
    names: Mapping[str, frozenset[str]]
    defaults: Named
    safety: Named
    rollout: Named
    store: Named


class Merger:
    """Collects the sections of all documents; a name that is declared twice is a fault that names both places."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.named: dict[str, dict[str, Named]] = {section: {} for section in NAMED}
        self.names: dict[str, set[str]] = {section: set() for section in NAMED}
        self.single: dict[str, Named] = {}

    def note_names(self, document: Document) -> None:
        """Remembers what a document names, before what is wrong in it is taken out."""
        for section in NAMED:
            entries = document.data.get(section)
            if isinstance(entries, dict):
                self.names[section].update(entries)

    def add(self, document: Document) -> None:
        """Merges a checked document."""
        for section, raw in document.data.items():
            if section in self.named:
                for name, entry in (raw or {}).items():
                    self.entry(section, name, entry, document.file)
            elif section in self.single:
                self.faults.append(
                    Fault(
                        Place(document.file, (section,), at_key=True),
                        f"`{section}` is declared again; it is first declared at {{other}}",
                        self.single[section].place,
                    )
                )
            elif section != "version":
                self.single[section] = Named(Place(document.file, (section,), at_key=True), raw)

    def entry(self, section: str, name: str, raw: Any, file: str) -> None:
        first = self.named[section].get(name)
        if first is None:
            self.named[section][name] = Named(Place(file, (section, name), at_key=True), raw)
            return
        noun = "policy" if section == "policies" else section[:-1].replace("_", " ")
        message = f'{noun} "{name}" is declared again; it is first declared at {{other}}'
        self.faults.append(Fault(Place(file, (section, name), at_key=True), message, first.place))

    def sections(self) -> Sections:
        """What was collected."""
        nothing = Named(Place(""), {})
        return Sections(
            self.named,
            {section: frozenset(names) for section, names in self.names.items()},
            self.single.get("defaults", nothing),
            self.single.get("safety", nothing),
            self.single.get("rollout", nothing),
            self.single.get("store", Named(Place(""), None)),
        )
