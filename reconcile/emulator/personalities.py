"""Every way in which the service may speak, by name (api.md 1.6 and 1.7).

Personalities of different families combine; what several make together is the matter of `manners`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from reconcile.emulator import shapes, spellings
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
    # () -> sections that may hold what is not documented
    LOOSE = "loose sections"
    # owner -> owner
    OWNERS = "owners"
    # (profile, API key) -> profile
    PROFILE = "profile"


class Personality(Struct, frozen=True):
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
            Personality("undocumented-accepted", Family.LOOSE, shapes.loose_sections),
            Personality("sites-of-clients-too", Family.OWNERS, shapes.sites_of_clients_too),
            Personality("profile-with-key", Family.PROFILE, shapes.with_key),
        )
    }
)


def personality(name: str) -> Personality:
    """A personality by its name. Raises `ValueError` with the nearest one."""
    try:
        return PERSONALITIES[name]
    except KeyError:
        raise ValueError(f'no personality "{name}"{did_you_mean(name, PERSONALITIES)}') from None
