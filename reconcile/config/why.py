"""Why a resource has the values that it has: for each field the layers that say something of it, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from reconcile.config.places import Keys, Place, positions
from reconcile.config.project import Loaded
from reconcile.config.sections import Named
from reconcile.config.trace import Origin, trace
from reconcile.errors import UsageError
from reconcile.model.address import Address
from reconcile.model.fields import UNMANAGED, Field, Group
from reconcile.model.normalize import did_you_mean, quoted
from reconcile.model.resource import HIDDEN, Desired
from reconcile.values import Guarded


class Source(StrEnum):
    """Where a value comes from."""

    FILE = "file"
    ADDRESS = "address"  # of the site, where no `url:` says otherwise
    CLIENT = "client"  # the account is that of the site's client
    ONLY = "only account"  # there is no other
    DEFAULT = "default"  # the documented one, where the account has `unspecified: default`
    NOT_MANAGED = "not managed"
    NOT_KEPT = "not kept"  # its account's service has no such field


class Said(Guarded, frozen=True):
    """What one layer says: its name, where, the value as people write it (None unsets), and the references to it.

    `written` is what stands there where the value came through `${…}`. `parts` are elements that stand elsewhere.
    """

    hidden = ("shown",)

    layer: str
    file: str
    line: int
    column: int
    shown: Any
    written: str | None = None
    through: tuple[str, ...] = ()
    parts: tuple[Said, ...] = ()

    @property
    def at(self) -> str:
        """`sites.yaml:12:5`."""
        return f"{self.file}:{self.line}:{self.column}"


class Explained(Guarded, frozen=True):
    """A field: its value as people write it, where that comes from, and all that layers say of it, the nearest first.

    What a file says first is the value, where that is the source; the rest is shadowed.
    """

    hidden = ("shown",)

    path: str
    shown: Any
    source: Source
    said: tuple[Said, ...] = ()


class Explanation(Struct, frozen=True):
    """A declared resource, where it is declared, and its fields in the order of the reference."""

    address: Address
    at: str
    fields: tuple[Explained, ...]


def explain(root: Path, loaded: Loaded, resource: Desired, path: str | None = None) -> Explanation:
    """Why a declared resource has its values: all, that of one field, or those of all fields below one.

    Raises `UsageError` for a field that there is not.
    """
    return _Explainer(root, loaded, resource).explanation(path)


#: What a site has beside its fields.
_LOCAL: Final = ("client", "id", "previous_address", "prevent_destroy")


class _Row(Guarded, frozen=True):
    """A field before its places are looked up: how its values are shown, its value, its source and its origins."""

    hidden = ("value",)

    path: str
    show: Callable[[Any], Any]
    value: Any
    source: Source
    origins: tuple[Origin, ...]


class _Explainer:
    """Explains one resource."""

    def __init__(self, root: Path, loaded: Loaded, resource: Desired) -> None:
        self.root = root
        self.loaded = loaded
        self.resource = resource
        self.kind = loaded.state.kinds[resource.address.kind]
        self.row = loaded.row_of(resource)
        self.layers = list(self.layers_of())
        self.found: dict[Place, tuple[int, int]] = {}

    def layers_of(self) -> Iterator[Named]:
        """What was written for the resource: the farthest layer first."""
        sections, key = self.loaded.sections, self.resource.key
        match self.resource.address.kind:
            case "profile":
                entry = sections.named["accounts"][key]
                yield Named(_below(entry.place, "profile"), entry.raw["profile"])
            case "client":
                yield sections.named["clients"][key]
            case _:
                yield Named(sections.defaults.place, sections.defaults.raw or {})
                if self.row is None:
                    entry = sections.named["sites"][key]
                    yield Named(entry.place, entry.raw or {})
                else:
                    yield from self.row.group.layers(self.row.number, self.resource.address.name)

    def explanation(self, path: str | None) -> Explanation:
        """The fields that `path` means, or all."""
        rows = list(self.rows())
        if path is not None:
            rows = self.chosen(path, rows)
        here = self.layers[-1].place if self.row is None else self.row.place
        places = [place for row in rows for origin in row.origins for place in _places(origin)]
        cells = [cell for place in places for *_, cell in self.cells(place)]
        self.found = positions(self.root, [here, *places, *cells])
        fields = tuple(
            Explained(row.path, _shown(row.show, row.value), row.source, tuple(self.said(row, o) for o in row.origins))
            for row in rows
        )
        return Explanation(self.resource.address, self.at(here), fields)

    # --- fields -----------------------------------------------------------------------------------------------------

    def rows(self) -> Iterator[_Row]:
        """Every field, and then what a site has beside them."""
        trail = trace(self.loaded.sections, self.loaded.state.kinds["site"], self.kind, self.layers)
        for one in self.kind.fields:
            value, origins = self.resource.values[one.index], trail.origins.get(one.index, ())
            if all(origin.value is UNMANAGED for origin in origins):
                origins = ()  # there was nothing to unset
            source = self.source(one, value, origins)
            if source is Source.ADDRESS:
                yield _Row(one.path, _plain, self.resource.address.human, source, origins)
            else:
                yield _Row(one.path, _show(one), value, source, origins)
        if self.resource.address.kind == "site":
            yield from self.beside()
            yield from self.mapping("labels", self.resource.member.labels, self.layers)
            account = self.loaded.sections.named["accounts"][self.resource.address.account]
            yield from self.mapping("call_defaults", self.resource.call_defaults, [account, *self.layers])

    def source(self, one: Field, value: Any, origins: Sequence[Origin]) -> Source:
        said = origins[0].value if origins else UNMANAGED
        if value is UNMANAGED:
            return Source.NOT_MANAGED if said is UNMANAGED else Source.NOT_KEPT
        if said is not UNMANAGED:
            return Source.FILE
        return Source.ADDRESS if one.path == "url" and self.kind.name == "site" else Source.DEFAULT

    def beside(self) -> Iterator[_Row]:
        """The account, the client, and what pins a site; the nearest layer that says it counts (design, section 3)."""
        site = self.resource
        accounts = _in_layers("account", self.layers)
        own = bool(accounts) and accounts[0].place.keys[0] != "defaults"
        if site.client is not None and not own:
            accounts = ()  # that of its client counts
        source = Source.FILE if accounts else Source.ONLY if site.client is None else Source.CLIENT
        yield _Row("account", str, site.address.account, source, accounts)
        values = (site.client and site.client.name, site.id, site.previous, site.prevent_destroy)
        for key, value in zip(_LOCAL, values, strict=True):
            origins = _in_layers(key, self.layers)
            if origins:
                yield _Row(key, _plain, value, Source.FILE, origins)

    def mapping(self, key: str, values: Mapping[str, Any], layers: Sequence[Named]) -> Iterator[_Row]:
        """What is merged name by name."""
        inner = [
            Named(_below(one.place, key), {} if one.raw[key] is None else one.raw[key])
            for one in layers
            if key in one.raw
        ]
        for name in dict.fromkeys(name for one in inner for name in one.raw):
            value, origins = values.get(name, UNMANAGED), _in_layers(name, inner)
            source = Source.NOT_MANAGED if value is UNMANAGED else Source.FILE
            yield _Row(f"{key}.{name}", _plain, value, source, origins)

    def chosen(self, path: str, rows: Sequence[_Row]) -> list[_Row]:
        """The rows of a field, or of all fields below it. Raises `UsageError` where there is none."""
        name = ".".join(self.known_as(path.split(".")))
        found = [row for row in rows if row.path == name or row.path.startswith(f"{name}.")]
        if not found:
            parts = [row.path.split(".") for row in rows]
            known = {".".join(keys[:size]) for keys in parts for size in range(1, len(keys) + 1)}
            hint = (
                did_you_mean(name, known)
                or f"; without a field, `reconcile why {self.resource.address.human}` shows all"
            )
            raise UsageError(f"a {self.kind.name} has no field {quoted(path)}{hint}")
        return found

    def known_as(self, keys: Sequence[str]) -> list[str]:
        """A path by our own names, where the service's are written."""
        group: Group | Field | None = self.kind.root
        made = []
        for key in keys:
            group = group.children.get(key) if isinstance(group, Group) else None
            made.append(key if group is None else group.keys[-1])
        return made

    # --- places -----------------------------------------------------------------------------------------------------

    def at(self, place: Place) -> str:
        line, column = self.found[place]
        return f"{place.file}:{line}:{column}"

    def said(self, row: _Row, origin: Origin) -> Said:
        """What a layer says, with its place looked up; what it is made of may stand elsewhere."""
        place, shown = origin.place, _shown(row.show, origin.value)
        cells = self.cells(place)
        written = self.loaded.written.get((place.file, place.keys)) or (cells[0][0] if len(cells) == 1 else None)
        parts = [self.said(row, part) for part in origin.parts]
        for text, value, cell in cells:
            part = HIDDEN if shown == HIDDEN else value
            parts.append(Said("row", cell.file, *self.found[cell], part, text))
        through = tuple(map(self.at, origin.through))
        layer = _layer(place.keys, self.kind.name)
        return Said(layer, place.file, *self.found[place], shown, written, through, tuple(parts))

    def cells(self, place: Place) -> list[tuple[str, str | None, Place]]:
        """The cells of the site's row that are in what stands at a place of the template, with what refers to them."""
        return [] if self.row is None else self.row.group.cells(self.row.number, place)


def _places(origin: Origin) -> Iterator[Place]:
    yield origin.place
    yield from origin.through
    for part in origin.parts:
        yield from _places(part)


def _in_layers(key: str, layers: Sequence[Named]) -> tuple[Origin, ...]:
    """What layers say of a key, the nearest first."""
    there = [one for one in reversed(layers) if key in one.raw]
    return tuple(Origin(UNMANAGED if one.raw[key] is None else one.raw[key], _below(one.place, key)) for one in there)


def _below(place: Place, key: str) -> Place:
    return Place(place.file, (*place.keys, key))


def _show(one: Field) -> Callable[[Any], Any]:
    return (lambda value: HIDDEN) if one.sensitive else one.type.show


def _plain(value: Any) -> Any:
    return value


def _shown(show: Callable[[Any], Any], value: Any) -> Any:
    return None if value is UNMANAGED or value is None else show(value)


def _layer(keys: Keys, kind: str) -> str:
    """What a layer is called, by where it stands."""
    section, name, *rest = (*keys, "", "")
    match section:
        case "site_groups":
            return f"override in group {name}" if rest[0] == "overrides" else f"template of group {name}"
        case "widgets" | "schedules" | "managers" | "blacklists":
            return f"{section[:-1]} {name}"
        case "accounts" if kind == "site":
            return f"account {name}"
        case "defaults":
            return "defaults"
    return f"the {kind}"
