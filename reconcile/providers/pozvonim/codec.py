"""The service's sites to and from our values (api.md 1.5 to 1.7). Pure, and precompiled: an account has 10,000 sites.

`decode` takes every shape and spelling that the service may use; `encode_*` uses one. What is undocumented is sent only
where it is declared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from reconcile.errors import BadAnswer
from reconcile.model.address import Address
from reconcile.model.fields import UNMANAGED, Field, Kind, remember
from reconcile.model.normalize import TYPES, read_address
from reconcile.model.resource import Live
from reconcile.providers.http import shapes
from reconcile.providers.http.shapes import Json, identifier, kind_of
from reconcile.providers.pozvonim.assumed import DETAIL_SECTIONS, LIST_KEYS, NAMED_KEYS, OBJECT_KEYS
from reconcile.providers.pozvonim.capabilities import CAPABILITIES

Values = Sequence[Any]

_NO_FIELDS: Final[Json] = {}
_OWN: Final = ("site",)
#: The sections of a site, in the order in which they are documented, and sent (1.5).
SECTIONS: Final = ("site", "managers", "widget", "blacklists")
#: The paths of those that many sites have alike.
ALIKE: Final = (("widget",), ("blacklists",))

# --- shapes of answers (1.6) ------------------------------------------------------------------------------------------


def list_items(raw: Any, what: str, *, whole: bool = True) -> list[Json]:
    """The objects of a list, as `shapes.list_items`."""
    return shapes.list_items(raw, what, LIST_KEYS, whole=whole)


def unwrapped(raw: Any) -> Any:
    """One object, out of `{"data": {…}}` or of a list of one."""
    for _ in range(4):  # deeper wrapping than anybody has seen
        if isinstance(raw, list) and len(raw) == 1:
            raw = raw[0]
        elif isinstance(raw, dict) and "id" not in raw:
            key = next((key for key in (*OBJECT_KEYS, "0") if isinstance(raw.get(key), dict | list)), None)
            key = key or next((key for key in NAMED_KEYS if isinstance(raw.get(key), dict) and "id" in raw[key]), None)
            if key is None:
                return raw
            if any(raw.get(section) is not None for section in DETAIL_SECTIONS):
                return {**raw, "id": site_id(raw[key])}  # the section `site`, which has the id
            raw = raw[key]
        else:
            return raw
    return raw


def whole_site(raw: Any) -> Any:
    """A single site with its sections side by side, also where they all stand within the one that is called `site`."""
    raw = unwrapped(raw)
    inner = raw.get("site") if isinstance(raw, dict) else None
    if not isinstance(inner, dict) or inner.keys().isdisjoint(DETAIL_SECTIONS):
        return raw
    lifted = {section: inner[section] for section in DETAIL_SECTIONS if section in inner}
    return {**raw, **lifted, "site": inner["site"] if isinstance(inner.get("site"), dict) else inner}


def site_id(raw: Any) -> int | None:
    """The id of a site or of anything else; None where there is none that can be used."""
    return identifier(raw.get("id")) if isinstance(raw, dict) else None


def is_brief(raw: Mapping[str, Any]) -> bool:
    """Whether a list item lacks sections, so that the site must be asked for by itself."""
    return None in [raw.get(section) for section in DETAIL_SECTIONS]


def identity(raw: Any) -> tuple[int, str]:
    """The id and the canonical address of a site, brief or not. Raises `BadAnswer` where either is missing."""
    if not isinstance(raw, dict):
        raise BadAnswer(f"a site: expected an object, got {kind_of(raw)}", status=200)
    known = site_id(raw)
    if known is None:
        raise BadAnswer(f"a site has no usable id: {kind_of(raw.get('id'))}", status=200)
    address = address_of(raw)
    if not address:
        raise BadAnswer(f"site {known} has no url", status=200)
    return known, address


def address_of(raw: Json) -> str:
    """The canonical address of a site; empty where there is none."""
    url = _own_fields(raw).get("url")
    return _address(url) if isinstance(url, str) and url.strip() else ""


def _address(url: str) -> str:
    try:
        return read_address(url)
    except ValueError:  # not an address that we would send, but the site is there and must be seen
        return url.strip().lower()


def _own_fields(raw: Json) -> Json:
    """The fields of the section `site`: nested, or flat beside the id."""
    nested = raw.get("site")
    return nested if isinstance(nested, dict) else raw


# --- one site ---------------------------------------------------------------------------------------------------------


class SiteCodec:
    """Sites of one kind to and from the wire.

    `fields` are those that the service keeps, `nothing` the values of a site that has none. `own` and `alike` are the
    mappings that they travel in: those of ALIKE, and the others.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.fields = tuple(f for f in kind.fields if f.wire[0] in CAPABILITIES.sections)
        self.nothing = tuple(f.nothing for f in kind.fields)
        groups: dict[tuple[str, ...], list[Field]] = {}
        for f in self.fields:
            groups.setdefault(f.wire[:-1], []).append(f)
        made = [_Mapping(path, found) for path, found in groups.items()]
        self.own = tuple(one for one in made if one.path[:1] not in ALIKE)
        self.alike = tuple(one for one in made if one.path[:1] in ALIKE)
        #: What sections ALIKE come to, by their JSON: `fields.MOST_KNOWN` of them at most.
        self.known: dict[bytes, list[Any]] = {}
        #: And by their identity.
        self.same: dict[tuple[int, ...], tuple[tuple[Any, ...], list[Any]]] = {}

    def decode(self, account: str, raw: Any, owner: int | None = None) -> Live:
        """A complete site. Raises `BadAnswer` where it lacks its id, its url or all of its sections."""
        raw = whole_site(raw)
        known, address = identity(raw)
        if [raw.get(section) for section in DETAIL_SECTIONS].count(None) == len(DETAIL_SECTIONS):
            raise BadAnswer(f"site {known} came without its {', '.join(DETAIL_SECTIONS)}", status=200)
        try:
            values = self._shared(raw)
            for mapping in self.own:
                mapping.read(_own_fields(raw) if mapping.path == _OWN else mapping.found(raw), values)
        except RecursionError:
            raise BadAnswer(f"site {known} is nested too deeply", status=200) from None
        return Live(Address(account, "site", address), known, tuple(values), owner)

    def _shared(self, raw: Json) -> list[Any]:
        """The values of a site's sections ALIKE, to be completed with its own; equal ones are read once.

        In a long answer they are the very same (`http.alike`), which is told at once, and elsewhere by their JSON.
        """
        given = tuple([raw.get(section) for (section,) in ALIKE])
        same = tuple(map(id, given))
        found = self.same.get(same)
        if found is not None:
            return found[1].copy()
        sections = dict(zip((section for (section,) in ALIKE), given, strict=True))
        try:
            key = orjson.dumps(sections)
        except orjson.JSONEncodeError:  # nested more deeply than that can be
            key = None
        values = None if key is None else self.known.get(key)
        if values is None:
            values = list(self.nothing)
            for mapping in self.alike:
                mapping.read(mapping.found(sections), values)
            if key is not None:
                remember(self.known, key, values)
        remember(self.same, same, (given, values))  # with what was given, so that its identity stays its own
        return values.copy()

    def encode_create(self, values: Values) -> Json:
        """All four sections, the documented defaults under the desired values. `ValueError`: there is no manager."""
        return self._encode(values, [f.default for f in self.kind.fields])

    def encode_update(self, live: Live, values: Values) -> Json:
        """All four sections, the live values under the desired ones. `ValueError`: there is no manager."""
        return self._encode(values, live.values)

    def undocumented(self, raw: Any) -> set[str]:
        """The paths of what a site has and the service does not document, such as `widget.button_color`."""
        raw = whole_site(raw)
        if not isinstance(raw, dict):
            return set()
        found: set[str] = set()
        for section in sorted(CAPABILITIES.sections - {"managers"}):
            node = _own_fields(raw) if section == "site" else raw.get(section)
            known = {f.wire[1] for f in self.fields if f.wire[0] == section and not f.undocumented}
            if section == "site":  # the sections and the id may stand beside the site's own fields
                known |= {"id", *CAPABILITIES.sections}
            found |= {f"{section}.{name}" for name in (node if isinstance(node, dict) else ()) if name not in known}
        return found

    def _encode(self, desired: Values, under: Values) -> Json:
        merged = [below if value is UNMANAGED else value for value, below in zip(desired, under, strict=True)]
        _complete_days(self.kind, merged)
        sections: Json = {section: {} for section in SECTIONS}
        for f in self.fields:
            value = merged[f.index]
            if _is_sent(f, value, managed=desired[f.index] is not UNMANAGED):
                _put(sections, f.wire, _wire(f, value))
        if not sections["managers"]:
            raise ValueError("the service requires at least one manager")
        for section in (name for name, sent in sections.items() if not sent):
            # The service requires the section, and a form can't carry an empty one.
            names = [f.wire[1] for f in self.fields if f.wire[0] == section and len(f.wire) == 2 and not f.undocumented]
            sections[section] = dict.fromkeys(names, "")
        return sections


class _Mapping:
    """The fields that travel in one mapping of a site. All but its address are alike on many sites, and read once."""

    def __init__(self, path: tuple[str, ...], fields: Sequence[Field]) -> None:
        self.path = path
        self._single = [(f.index, f.wire[-1], f.lenient.read) for f in fields if f.items or f.type is TYPES["url"]]
        alike = [f for f in fields if not (f.items or f.type is TYPES["url"])]
        self._indexes = [f.index for f in alike]
        first, last = (self._indexes[0], self._indexes[-1]) if alike else (0, 0)
        #: Where their values stand, if that is one after the other.
        self._run = slice(first, last + 1) if self._indexes == list(range(first, last + 1)) else None
        self._keys = [f.wire[-1] for f in alike]
        self._readers = [f.lenient for f in alike]
        self._known: dict[tuple[Any, ...], list[Any]] = {}

    def found(self, raw: Json) -> Json:
        """This mapping of a site; empty where there is none: PHP's [] for {}, null, or no such key."""
        node: Any = raw
        for key in self.path:
            node = node.get(key)
            if type(node) is not dict:
                return _NO_FIELDS
        found: Json = node
        return found

    def read(self, node: Json, values: list[Any]) -> None:
        """Reads the fields of this mapping of a site into its values."""
        if not node:
            return
        for index, key, read in self._single:
            values[index] = read(node.get(key))
        if not self._keys:
            return
        given = tuple(map(node.get, self._keys))
        try:
            made = self._known.get(given)
            if made is None:
                made = [lenient(raw) for lenient, raw in zip(self._readers, given, strict=True)]
                remember(self._known, given, made)
        except TypeError:  # a list or an object can't be remembered
            made = [lenient(raw) for lenient, raw in zip(self._readers, given, strict=True)]
        if self._run is not None:
            values[self._run] = made
            return
        for index, value in zip(self._indexes, made, strict=True):
            values[index] = value


def _is_sent(field: Field, value: Any, *, managed: bool) -> bool:
    """A desired value always, even a blank one; what nobody ever gave a value to, not.

    A field that is blank and has another default was most likely never set: a blank would take its default away.
    """
    if value is UNMANAGED or value is None or (field.undocumented and not managed):
        return False
    return managed or value != field.nothing or value == field.default


def _wire(field: Field, value: Any) -> Any:
    """The value as the service spells it."""
    sent = field.wired(value)
    # An entry of blanks only is none: its {} would vanish in a form, and a blank phone be refused.
    return [entry for entry in sent if any(entry.values())] if field.items and isinstance(sent, list) else sent


def _put(sections: Json, wire: tuple[str, ...], value: Any) -> None:
    node = sections
    for key in wire[:-1]:
        node = node.setdefault(key, {})
    node[wire[-1]] = value


def _complete_days(kind: Kind, merged: list[Any]) -> None:
    """A day is sent with all of its three values or not at all (1.5): defaults fill the gaps of one that has any."""
    for leaves in kind.days:
        if any(merged[i] is not UNMANAGED and merged[i] is not None for i in leaves):
            for i in leaves:
                if merged[i] is UNMANAGED or merged[i] is None:
                    merged[i] = kind.fields[i].default
