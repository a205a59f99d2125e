"""The field model: every field of every kind, read from `schemas/`, where each is described once.

A *field* is a leaf with an `x-type`. The annotations that this module obeys:

==============  ========================================================================================
`x-type`        the field's type: a row of `normalize.TYPES`, or `objects` (an ordered list of mappings)
`x-wire`        the service's name, where it differs from ours (which the service's text may use, too)
`x-section`     the section of the wire object that a schema's fields travel in (api.md 1.5)
`x-order`       `list` or `set`; a set of mappings is their union, field by field
`x-ref`         where a text here is a name: the section of the project that it is looked up in
`x-required`    the service wants it on every create and update
`x-sensitive`   never shown, saved or logged
`x-create-only` sent when the resource is created, and never compared
`x-raw`         a mapping of what the service has and does not document, by the service's names
`x-money`       changing it can cost money
`default`       what the service documents as the value of a field that was never set
==============  ========================================================================================
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec import Struct, field

from reconcile.model.normalize import TYPES, FieldType, as_is
from reconcile.model.raw import RAW
from reconcile.values import Guarded

SCHEMA_NAMES: Final = (
    "project",
    "account",
    "profile",
    "client",
    "site",
    "site_group",
    "widget",
    "schedule",
    "manager",
    "blacklist",
    "call_defaults",
    "call",
    "rollout",
    "gate",
    "policy",
)


class Unmanaged(Enum):
    """The value of a field that nobody mentions: neither compared nor changed."""

    UNMANAGED = "unmanaged"
    __hash__ = object.__hash__  # that of an Enum is many times slower, and there are millions of these

    def __repr__(self) -> str:
        return self.value


UNMANAGED: Final = Unmanaged.UNMANAGED


class Memo(dict[Any, Any]):
    """Remembers what a reader made of each raw value; unhashable values go through `read` by themselves."""

    __slots__ = ("read",)

    def __init__(self, read: Callable[[Any], Any] = as_is) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, raw: Any) -> Any:
        value = self[raw] = self.read(raw)
        return value

    def __call__(self, raw: Any) -> Any:
        try:
            return self[raw]
        except TypeError:
            return self.read(raw)


#: How much is remembered of what many sites have alike. Of an account in which every site differs it would take some
#: 5 kB each, more than three times what is kept of the site itself, and help nobody.
MOST_KNOWN: Final = 4096
Key = TypeVar("Key")
Value = TypeVar("Value")


def remember(known: dict[Key, Value], key: Key, value: Value) -> None:
    """Keeps what was worked out, MOST_KNOWN of it at most."""
    if len(known) >= MOST_KNOWN:
        known.clear()
    known[key] = value


class Field(Guarded, frozen=True, eq=False):
    """One field: where it stands in YAML and on the wire, and how its values are read, compared, shown and sent.

    `strict` reads what a user wrote and raises `ValueError`; `lenient` reads what a service gave back and never does.
    `default` and `nothing` (the value of a field that has none) are canonical; `default` is UNMANAGED where the
    service documents none.
    """

    hidden = ("strict", "lenient")  # which remember values, secrets among them

    index: int
    keys: tuple[str, ...]
    wire: tuple[str, ...]
    type: FieldType
    default: Any = UNMANAGED
    nothing: Any = None
    required: bool = False
    sensitive: bool = False
    money: bool = False
    create_only: bool = False
    undocumented: bool = False
    items: tuple[Field, ...] = ()
    description: str = ""
    strict: Memo = field(default_factory=Memo)
    lenient: Memo = field(default_factory=Memo)

    def __post_init__(self) -> None:
        self.strict.read, self.lenient.read = self._read_strictly, self._read_leniently

    @property
    def path(self) -> str:
        """The field's name as plans show it: `widget.call_time`."""
        return ".".join(self.keys)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.keys[-1]

    def wired(self, value: Any) -> Any:
        """A canonical value as the service spells it; one that came back unreadable is the text that it was."""
        if isinstance(value, str) and not isinstance(self.type.nothing, str):
            return value
        wire: Callable[[Any], Any] = self.type.wire
        return wire(value)

    def _read_strictly(self, raw: Any) -> Any:
        if raw == "" and self.type.blank is not None:
            return self.type.blank
        return (self.type.strict or self.type.read)(raw)

    def _read_leniently(self, raw: Any) -> Any:
        if raw is None or raw == [] or raw == {}:
            return self.nothing
        if raw == "":
            return self.nothing if self.type.blank is None else self.type.blank
        try:
            return self.type.read(raw)
        except ValueError:
            return str(raw).strip()


class Group(Struct, frozen=True, eq=False):
    """A mapping of fields and further groups, by the names that may be written in it.

    `ref` is the section in which a name that stands here is looked up; `week` and `union` are ways of merging; in a
    `raw` one stands what the service does not document.
    """

    keys: tuple[str, ...]
    children: Mapping[str, Field | Group]
    leaves: tuple[int, ...]
    ref: str | None = None
    week: bool = False
    union: bool = False
    raw: bool = False


class Kind(Struct, frozen=True, eq=False):
    """A kind of resource and all its fields, in the order of the schema; values are tuples aligned with them.

    `referred` are the groups that can be given by name, by the section of the project that the name is looked up in.
    `days` are the positions of the values of each day of a week, which belong together.
    """

    name: str
    fields: tuple[Field, ...]
    root: Group
    sections: tuple[str, ...]
    by_path: Mapping[str, Field]
    referred: Mapping[str, Group]
    days: tuple[tuple[int, ...], ...]

    def blank(self) -> tuple[Any, ...]:
        """Values in which nothing is managed."""
        return (UNMANAGED,) * len(self.fields)

    def index(self, path: str) -> int:
        """The position of a field's value."""
        return self.by_path[path].index

    def document(self, values: Sequence[Any]) -> dict[str, Any]:
        """Values by the paths of their fields, as JSON has them; unmanaged ones are left out."""
        return {
            field.path: field.wired(value)
            for field, value in zip(self.fields, values, strict=True)
            if value is not UNMANAGED and value is not None
        }

    def values(self, document: Mapping[str, Any]) -> tuple[Any, ...]:
        """The inverse of `document`, every value present: a field that is left out holds its `nothing`."""
        return tuple(field.lenient(document.get(field.path)) for field in self.fields)

    @property
    def raw(self) -> tuple[tuple[str, ...], ...]:
        """The keys of all fields that the service does not document."""
        return tuple(field.keys for field in self.fields if field.undocumented)


#: All kinds by their names.
Kinds = Mapping[str, Kind]


# --- reading the schemas ----------------------------------------------------------------------------------------------


def raw_keys(path: str) -> tuple[str, ...] | None:
    """The keys of an undocumented field by its path, whose last part may have dots; None for a documented one."""
    above, found, name = f".{path}".partition(".raw.")
    return (*above.split(".")[1:], "raw", name) if found else None


def schema_folder() -> Path:
    """Where the schemas are: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas"


@functools.cache
def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by its name, as it stands in its file."""
    import json

    return {
        name: json.loads((schema_folder() / f"{name}.schema.json").read_text(encoding="utf-8")) for name in SCHEMA_NAMES
    }


def bundle(name: str = "project") -> dict[str, Any]:
    """One schema with all that it refers to inside it, the service's own spellings of renamed keys allowed."""
    parts = {f"{key}.schema.json": _with_aliases(schema) for key, schema in schemas().items()}
    whole = dict(parts[f"{name}.schema.json"])
    whole["$defs"] = whole.get("$defs", {}) | {key: part for key, part in parts.items() if part["$id"] != whole["$id"]}
    return whole


def _with_aliases(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_aliases(item) for item in node]
    if not isinstance(node, dict):
        return node
    copied = {key: _with_aliases(value) for key, value in node.items()}
    properties = copied.get("properties")
    if isinstance(properties, dict):
        for schema in [p for p in properties.values() if isinstance(p, dict) and isinstance(p.get("x-wire"), str)]:
            properties.setdefault(schema["x-wire"], schema | {"deprecated": True})
    return copied


def kinds(raw: Iterable[tuple[str, ...]] = ()) -> Kinds:
    """All kinds; `raw` are the keys of the undocumented fields to be known, such as `("widget", "raw", "colour")`."""
    return {"profile": profile_kind(), "client": client_kind(), "site": site_kind(tuple(sorted(set(raw))))}


@functools.cache
def site_kind(raw: tuple[tuple[str, ...], ...] = (), sections: frozenset[str] | None = None) -> Kind:
    """The kind `site`, with its managers, widget and blacklists (api.md 1.5).

    `raw` are the keys of undocumented fields; `sections` are those that a single service keeps, None: all.
    """
    return _Builder("site", raw, sections).kind()


@functools.cache
def client_kind() -> Kind:
    """The kind `client`: a studio's client (api.md 1.4, call 18)."""
    return _Builder("client").kind()


@functools.cache
def profile_kind() -> Kind:
    """The kind `profile`: the account's own settings (api.md 1.4, call 15)."""
    return _Builder("profile").kind()


class _Builder:
    """Walks one kind's schema and numbers its fields."""

    def __init__(self, name: str, raw: Iterable[tuple[str, ...]] = (), sections: Collection[str] | None = None) -> None:
        self.name = name
        self.raw = raw
        self.sections = sections
        self.fields: list[Field] = []

    def kind(self) -> Kind:
        schema = schemas()[self.name]
        root = self.group(schema, schema, (), ())
        sections = dict.fromkeys(f.wire[0] for f in self.fields)
        by_path = {f.path: f for f in self.fields}
        days = tuple(
            day.leaves
            for week in _groups(root)
            if week.week
            for day in dict.fromkeys(week.children.values())
            if isinstance(day, Group)
        )
        referred = {group.ref: group for group in _groups(root) if group.ref is not None}
        return Kind(self.name, tuple(self.fields), root, tuple(sections), by_path, referred, days)

    def group(
        self, schema: dict[str, Any], home: dict[str, Any], keys: tuple[str, ...], wire: tuple[str, ...]
    ) -> Group:
        if "x-section" in schema:
            wire = (schema["x-section"],)
        first = len(self.fields)
        children: dict[str, Field | Group] = {}
        for key, raw in schema["properties"].items():
            child, child_home = resolve(raw, home)
            made = self.child(key, child, child_home, (*keys, key), (*wire, child.get("x-wire", key)))
            if made is not None:
                children[key] = children[child.get("x-wire", key)] = made
        return Group(
            keys,
            children,
            tuple(range(first, len(self.fields))),
            ref=schema.get("x-ref"),
            week=schema.get("x-type") == "week",
        )

    def child(
        self, key: str, schema: dict[str, Any], home: dict[str, Any], keys: tuple[str, ...], wire: tuple[str, ...]
    ) -> Field | Group | None:
        if "x-raw" in schema:
            return self.undocumented(keys, wire[:-1])
        if "items" in schema and schema.get("x-order") == "set" and "x-type" not in schema:
            item, item_home = resolve(schema["items"], home)
            inner = self.group(item, item_home, keys, wire)
            return Group(keys, inner.children, inner.leaves, ref=schema.get("x-ref"), union=True)
        if "properties" in schema:
            inside = self.group(schema, home, keys, wire)
            return None if not inside.leaves or "x-local" in schema else inside
        if "x-type" not in schema:
            return None
        if "x-section" in schema:  # a list may be a section of its own
            wire = (schema["x-section"],) if schema["x-type"] == "objects" else (schema["x-section"], wire[-1])
        if self.sections is not None and wire[0] not in self.sections:
            return None
        made = make_field(len(self.fields), schema, home, keys, wire)
        self.fields.append(made)
        return made

    def undocumented(self, keys: tuple[str, ...], wire: tuple[str, ...]) -> Group:
        """The fields of one `raw`."""
        names = [name for *above, name in self.raw if tuple(above) == keys]
        made: dict[str, Field | Group] = {}
        for name in names:
            made[name] = field = Field(
                len(self.fields), (*keys, name), (*wire, name), RAW, nothing=RAW.nothing, undocumented=True
            )
            self.fields.append(field)
        return Group(keys, made, tuple(range(len(self.fields) - len(names), len(self.fields))), raw=True)


def _groups(group: Group) -> Iterator[Group]:
    """All groups below one, each once, also where it has two names."""
    for child in dict.fromkeys(group.children.values()):
        if isinstance(child, Group):
            yield child
            yield from _groups(child)


def make_field(
    index: int, schema: dict[str, Any], home: dict[str, Any], keys: tuple[str, ...], wire: tuple[str, ...]
) -> Field:
    """The field that one leaf of a schema describes."""
    items: tuple[Field, ...] = ()
    if schema["x-type"] == "objects":
        item, item_home = resolve(schema["items"], home)
        items = tuple(
            make_field(i, child, item_home, (key,), (child.get("x-wire", key),))
            for i, (key, child) in enumerate((k, resolve(v, item_home)[0]) for k, v in item["properties"].items())
        )
        kind = objects_type(items)
    else:
        kind = TYPES[schema["x-type"]]
    default = kind.read(schema["default"]) if "default" in schema else UNMANAGED
    return Field(
        index=index,
        keys=keys,
        wire=wire,
        type=kind,
        default=default,
        nothing=default if default == 0 and kind.nothing is None and default is not UNMANAGED else kind.nothing,
        required=bool(schema.get("x-required")),
        sensitive=bool(schema.get("x-sensitive")),
        money=bool(schema.get("x-money")),
        create_only=bool(schema.get("x-create-only")),
        items=items,
        description=schema.get("description", ""),
    )


def resolve(schema: dict[str, Any], home: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A schema with its `$ref` followed and its own keywords on top, and the file that its references start from."""
    ref = schema.get("$ref")
    if ref is None:
        return schema, home
    if ref.startswith("#/$defs/"):
        target, target_home = home["$defs"][ref.removeprefix("#/$defs/")], home
    else:
        target = target_home = schemas()[ref.removesuffix(".schema.json")]
    target, target_home = resolve(target, target_home)
    return {**target, **schema}, target_home


def objects_type(items: tuple[Field, ...]) -> FieldType:
    """The type of an ordered list of mappings: canonically a tuple of tuples aligned with `items`."""

    readers = [(item.wire[-1], item.lenient) for item in items]

    def read(raw: Any) -> tuple[tuple[Any, ...], ...]:
        try:  # nearly all are lists of objects with words and numbers, and there are very many
            if type(raw) is list:
                return tuple([tuple([lenient[entry.get(key)] for key, lenient in readers]) for entry in raw])
        except (AttributeError, TypeError):
            pass
        return tuple([tuple([lenient(entry.get(key)) for key, lenient in readers]) for entry in objects_in(raw)])

    def wire(value: Any) -> Any:
        return [
            {
                item.wire[-1]: item.type.wire(part)
                for item, part in zip(items, entry, strict=True)
                if part != item.nothing or item.required
            }
            for entry in value
        ]

    def show(value: Any) -> Any:
        if not isinstance(value, tuple):
            return value
        return [
            {item.name: item.type.show(part) for item, part in zip(items, entry, strict=True) if part != item.nothing}
            for entry in value
        ]

    return FieldType("objects", read, wire, show, (), as_is(()))


def objects_in(raw: Any) -> Iterator[Mapping[str, Any]]:
    """The mappings of a list, also where PHP gave the list back as an object with keys "0", "1", … (api.md 1.7)."""
    if isinstance(raw, dict):
        raw = [raw[key] for key in sorted(raw, key=lambda k: (not str(k).isdigit(), int(k) if str(k).isdigit() else 0))]
    if not isinstance(raw, list | tuple):
        raise ValueError("expected a list")
    for entry in raw:
        if isinstance(entry, dict):
            yield entry
