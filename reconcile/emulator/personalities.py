"""Every way in which the service may speak, by name (api.md 1.6 and 1.7), and what several of them make together.

Personalities of different families combine. Of several in one family each value picks one, always the same one: by a
hash of the site's id and the field's path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from zlib import crc32

from reconcile.emulator import shapes, spellings
from reconcile.model.fields import Field, Kind
from reconcile.model.normalize import did_you_mean


class Family(StrEnum):
    """What a personality is about, and so what its function is given."""

    # value -> value
    NUMBERS = "numbers"
    HOURS = "hours"
    EMPTY = "empty"
    LINES = "lines"
    PHONES = "phones"
    URLS = "urls"
    # sections -> sections
    OBJECTS = "objects"
    LISTS = "lists"
    FIELDS = "fields"
    BRIEF_LISTS = "brief lists"
    BRIEF_IDS = "brief lists by ids"
    # site -> site
    SITES = "sites"
    CREATE = "create"
    # id -> id
    ID = "id"
    # (name, items) -> list
    LISTING = "listing"
    # ids -> ids
    FILTER = "filter"
    # body -> (status, body)
    UPDATES = "updates"
    # (stored sections, sent sections) -> sections
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Personality:
    """One way of speaking. `act` is pure; `Family` says what it is given."""

    name: str
    family: Family
    act: Callable[..., Any]

    @property
    def description(self) -> str:
        """One line for people."""
        return " ".join((self.act.__doc__ or "").split())


#: Every personality by its name.
PERSONALITIES: Final[Mapping[str, Personality]] = MappingProxyType(
    {
        personality.name: personality
        for personality in (
            Personality("numbers-as-strings", Family.NUMBERS, spellings.numbers_as_strings),
            Personality("numbers-as-booleans", Family.NUMBERS, spellings.numbers_as_booleans),
            Personality("numbers-as-floats", Family.NUMBERS, spellings.numbers_as_floats),
            Personality("hours-as-strings", Family.HOURS, spellings.hours_as_strings),
            Personality("hours-padded", Family.HOURS, spellings.hours_padded),
            Personality("hours-short", Family.HOURS, spellings.hours_short),
            Personality("hours-clock", Family.HOURS, spellings.hours_clock),
            Personality("empty-as-blank", Family.EMPTY, spellings.empty_as_blank),
            Personality("empty-as-null", Family.EMPTY, spellings.empty_as_null),
            Personality("empty-as-zero", Family.EMPTY, spellings.empty_as_zero),
            Personality("empty-absent", Family.EMPTY, spellings.empty_absent),
            Personality("empty-objects-as-lists", Family.OBJECTS, shapes.empty_objects_as_lists),
            Personality("lists-as-objects", Family.LISTS, shapes.lists_as_objects),
            Personality("lines-crlf", Family.LINES, spellings.lines_crlf),
            Personality("lines-trailing", Family.LINES, spellings.lines_trailing),
            Personality("lines-padded", Family.LINES, spellings.lines_padded),
            Personality("lines-as-list", Family.LINES, spellings.lines_as_list),
            Personality("phones-bare", Family.PHONES, spellings.phones_bare),
            Personality("phones-plus", Family.PHONES, spellings.phones_plus),
            Personality("phones-trunk", Family.PHONES, spellings.phones_trunk),
            Personality("phones-pretty", Family.PHONES, spellings.phones_pretty),
            Personality("urls-bare", Family.URLS, spellings.urls_bare),
            Personality("urls-http", Family.URLS, spellings.urls_http),
            Personality("urls-slash", Family.URLS, spellings.urls_slash),
            Personality("urls-punycode", Family.URLS, spellings.urls_punycode),
            Personality("urls-unicode", Family.URLS, spellings.urls_unicode),
            Personality("undocumented-fields", Family.FIELDS, shapes.undocumented_fields),
            Personality("list-wrapped-data", Family.LISTING, shapes.wrapped_in_data),
            Personality("list-wrapped-items", Family.LISTING, shapes.wrapped_in_items),
            Personality("list-wrapped-sites", Family.LISTING, shapes.wrapped_in_name),
            Personality("list-as-object", Family.LISTING, shapes.list_as_object),
            Personality("flat-sites", Family.SITES, shapes.flat),
            Personality("brief-lists", Family.BRIEF_LISTS, shapes.brief),
            Personality("brief-ids", Family.BRIEF_IDS, shapes.brief_by_ids),
            Personality("ids-ignored", Family.FILTER, shapes.all_ids),
            Personality("ids-refused", Family.FILTER, shapes.no_ids),
            Personality("ids-as-strings", Family.ID, shapes.id_as_string),
            Personality("create-id-only", Family.CREATE, shapes.only_id),
            Personality("updates-without-body", Family.UPDATES, shapes.without_body),
            Personality("updates-accepted", Family.UPDATES, shapes.accepted),
            Personality("updates-merge", Family.MERGE, shapes.merged),
        )
    }
)

#: The families that spell the values of a type, in the order in which they do it.
_OF_TYPE: Final[Mapping[str, tuple[Family, ...]]] = {
    "flag": (Family.NUMBERS,),
    "integer": (Family.NUMBERS,),
    "hour": (Family.HOURS,),
    "phone": (Family.PHONES,),
    "phones": (Family.PHONES, Family.LINES),
    "networks": (Family.LINES,),
    "lines": (Family.LINES,),
    "url": (Family.URLS,),
}

#: The families that spell more than texts. What was stored unchecked may be of any type, and is then left as it is.
_OF_NUMBERS: Final = frozenset({Family.NUMBERS, Family.HOURS})


def personality(name: str) -> Personality:
    """A personality by its name. Raises `ValueError` with the nearest one."""
    try:
        return PERSONALITIES[name]
    except KeyError:
        raise ValueError(f'no personality "{name}"{did_you_mean(name, PERSONALITIES)}') from None


class Manners:
    """The personalities that are on, together: how this service spells sites and lists."""

    def __init__(self, kind: Kind, names: Iterable[str] = ()) -> None:
        self._kind = kind
        self._on: dict[Family, list[Personality]] = {}
        for name in dict.fromkeys(names):
            chosen = personality(name)
            self._on.setdefault(chosen.family, []).append(chosen)
        #: Nothing is on that changes how sites and their lists look.
        self.plain = not self._on.keys() - {Family.FILTER, Family.CREATE, Family.UPDATES, Family.MERGE}

    def choose(self, family: Family, site_id: int = 0, path: str = "") -> Personality | None:
        """The personality of a family that speaks here; None where none is on."""
        on = self._on.get(family)
        if not on:
            return None
        return on[0] if len(on) == 1 else on[crc32(f"{family}/{site_id}/{path}".encode()) % len(on)]

    def id(self, site_id: int) -> Any:
        """A site's id as it is given back."""
        speaker = self.choose(Family.ID)
        return site_id if speaker is None else speaker.act(site_id)

    def site(self, site_id: int, sections: dict[str, Any], listed: Family | None = None) -> dict[str, Any]:
        """A site from its stored sections, which are used up; `listed` says in which way it is one of a list."""
        shortener = None if listed is None else self.choose(listed)
        if shortener is not None:
            sections = shortener.act(sections)
        site = {"id": self.id(site_id), **self.sections(site_id, sections)}
        speaker = self.choose(Family.SITES, site_id)
        return site if speaker is None else dict(speaker.act(site))

    def sections(self, site_id: int, sections: dict[str, Any]) -> dict[str, Any]:
        """The sections of a site as they are spelled; those stored are used up."""
        for field in self._kind.fields:
            self._spell(field, sections, site_id)
        for family in (Family.OBJECTS, Family.LISTS, Family.FIELDS):
            speaker = self.choose(family, site_id)
            if speaker is not None:
                sections = speaker.act(sections)
        return sections

    def listing(self, name: str, items: list[Any]) -> Any:
        """A list; `name` is what it lists."""
        speaker = self.choose(Family.LISTING)
        return items if speaker is None else speaker.act(name, items)

    def ids(self, ids: tuple[int, ...] | None) -> tuple[int, ...] | None:
        """The ids by which a list is filtered; None: by none."""
        speaker = self.choose(Family.FILTER)
        return ids if speaker is None else speaker.act(ids)

    def update(self, stored: Mapping[str, Any], sent: Mapping[str, Any]) -> Mapping[str, Any]:
        """What an update is taken to say. Fields that are not sent take their defaults, unless it merges."""
        speaker = self.choose(Family.MERGE)
        merged: Mapping[str, Any] = sent if speaker is None else speaker.act(stored, sent)
        return merged

    def _spell(self, field: Field, sections: dict[str, Any], site_id: int) -> None:
        level: Any = sections
        for name in field.wire[:-1]:
            level = level.get(name) if isinstance(level, dict) else None
        if not isinstance(level, dict) or field.wire[-1] not in level:
            return
        if not field.items:
            self._spell_in(level, field, site_id, field.path)
            return
        for n, entry in enumerate(level[field.wire[-1]]):
            for item in field.items:
                if item.wire[-1] in entry:
                    self._spell_in(entry, item, site_id, f"{field.path}.{n}.{item.name}")

    def _spell_in(self, level: dict[str, Any], field: Field, site_id: int, path: str) -> None:
        name = field.wire[-1]
        value = self._spelled(field, level[name], site_id, path)
        if value is spellings.ABSENT:
            del level[name]
        else:
            level[name] = value

    def _spelled(self, field: Field, value: Any, site_id: int, path: str) -> Any:
        if spellings.has_no_value(field, value):
            speaker = self.choose(Family.EMPTY, site_id, path)
            if speaker is not None and (other := speaker.act(value)) is not value:
                return other
        for family in _OF_TYPE.get(field.type.name, ()):
            speaker = self.choose(family, site_id, path)
            if speaker is not None and (isinstance(value, str) or family in _OF_NUMBERS):
                value = speaker.act(value)
        return value
