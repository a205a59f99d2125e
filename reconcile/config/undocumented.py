"""Which undocumented fields a project names, under `raw`: fields like any others from then on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from reconcile.config.sections import Sections

RAW: Final = "raw"
#: Where a named entry of a section stands in a site.
SHARED: Final = {"widgets": "widget", "blacklists": "blacklists"}


def undocumented(sections: Sections) -> set[tuple[str, ...]]:
    """The keys of every undocumented field that is written anywhere in the project."""
    found: set[tuple[str, ...]] = set()
    for section, key in SHARED.items():
        for entry in sections.named[section].values():
            found.update(_names(entry.raw, (key,)))
    for site in (sections.defaults, *sections.named["sites"].values()):
        found.update(_of_site(site.raw))
    for group in sections.named["site_groups"].values():
        for raw in (group.raw.get("template"), *(group.raw.get("overrides") or {}).values()):
            found.update(_of_site(raw))
    return found


def _of_site(raw: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(raw, dict):
        yield from _names(raw, ())
        yield from _names(raw.get("widget"), ("widget",))
        for entry in raw.get("blacklists") or ():
            yield from _names(entry, ("blacklists",))


def _names(raw: Any, keys: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(raw, dict) and isinstance(raw.get(RAW), dict):
        yield from ((*keys, RAW, name) for name in raw[RAW])
