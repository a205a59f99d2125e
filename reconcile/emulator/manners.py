"""How a service with some personalities spells sites, lists and everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final
from zlib import crc32

from reconcile.emulator import shapes, spellings
from reconcile.emulator.documents import Level, levels
from reconcile.emulator.personalities import Family, Personality, personality
from reconcile.emulator.storage.sites import Owner
from reconcile.model.fields import Field, Kind

#: The families that spell the values of a type, in the order in which they do it.
_OF_TYPE: Final[Mapping[str, tuple[Family, ...]]] = {
    "flag": (Family.NUMBERS,),
    "integer": (Family.NUMBERS,),
    "money": (Family.NUMBERS,),
    "hour": (Family.HOURS,),
    "phone": (Family.PHONES,),
    "phones": (Family.PHONES, Family.LINES),
    "networks": (Family.LINES,),
    "lines": (Family.LINES,),
    "url": (Family.URLS,),
}

#: The families that change neither how sites nor how their lists look.
_UNSEEN: Final = frozenset(
    {Family.FILTER, Family.CREATE, Family.UPDATES, Family.MERGE, Family.LOOSE, Family.OWNERS, Family.PROFILE}
)

#: The families that spell more than texts. What was stored unchecked may be of any type, and is then left as it is.
_OF_NUMBERS: Final = frozenset({Family.NUMBERS, Family.HOURS})


class Manners:
    """The personalities that are on, together: how this service spells sites and lists."""

    def __init__(self, kind: Kind, names: Iterable[str] = ()) -> None:
        self._kind = kind
        self._levels = levels(kind)
        self._on: dict[Family, list[Personality]] = {}
        for name in dict.fromkeys(names):
            chosen = personality(name)
            self._on.setdefault(chosen.family, []).append(chosen)
        #: Nothing is on that changes how sites and their lists look.
        self.plain = not self._on.keys() - _UNSEEN

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
        if self._on.keys() & {Family.NUMBERS, Family.EMPTY}:
            self._spell_undocumented(self._levels, sections, site_id, "")
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

    def update(self, stored: Callable[[], Mapping[str, Any]], sent: Mapping[str, Any]) -> Mapping[str, Any]:
        """What an update is taken to say. Fields that are not sent take their defaults, unless it merges."""
        speaker = self.choose(Family.MERGE)
        merged: Mapping[str, Any] = sent if speaker is None else speaker.act(stored(), sent)
        return merged

    @property
    def loose(self) -> tuple[str, ...]:
        """The sections in which a write may hold fields that are not documented."""
        return shapes.loose_sections() if self._on.keys() & {Family.LOOSE, Family.FIELDS} else ()

    def owner(self, owner: Owner) -> Owner:
        """Whose sites a studio is told of as its own."""
        speaker = self.choose(Family.OWNERS)
        return owner if speaker is None else speaker.act(owner)

    def item(self, types: Mapping[str, str], item: Mapping[str, Any], number: int) -> dict[str, Any]:
        """Anything but a site, as it is spelled.

        `types` are those of its fields: `id`, `money` (a `Decimal`), `text`, and those of the field model. What has
        none is left as it is. `number` is its id.
        """
        made = {}
        for name, value in item.items():
            spelled = self._typed(types.get(name, ""), value, number, name)
            if spelled is not spellings.ABSENT:
                made[name] = f"{spelled:.2f}" if isinstance(spelled, Decimal) else spelled
        return made

    def _typed(self, kind: str, value: Any, number: int, name: str) -> Any:
        if kind == "id" and isinstance(value, int):
            return self.id(value)
        if kind and value in ("", None):
            return self._empty(value, number, name)
        return self._speak(_OF_TYPE.get(kind, ()), value, number, name)

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
            other = self._empty(value, site_id, path)
            if other is not value:
                return other
        return self._speak(_OF_TYPE.get(field.type.name, ()), value, site_id, path)

    def _empty(self, value: Any, number: int, path: str) -> Any:
        speaker = self.choose(Family.EMPTY, number, path)
        return value if speaker is None else speaker.act(value)

    def _speak(self, families: tuple[Family, ...], value: Any, number: int, path: str) -> Any:
        for family in families:
            speaker = self.choose(family, number, path)
            if speaker is not None and (isinstance(value, str) or family in _OF_NUMBERS):
                value = speaker.act(value)
        return value

    # --- what nobody documents ---

    def _spell_undocumented(self, level: Level, sections: dict[str, Any], site_id: int, path: str) -> None:
        """Numbers and blanks among what was stored under names that are not documented."""
        for name, value in list(sections.items()):
            node, below = level.get(name), f"{path}{name}."
            if isinstance(node, dict) and isinstance(value, dict):
                self._spell_undocumented(node, value, site_id, below)
            elif node is None:
                spelled = self._loose(value, site_id, below)
                if spelled is spellings.ABSENT:
                    del sections[name]
                else:
                    sections[name] = spelled

    def _loose(self, value: Any, site_id: int, path: str) -> Any:
        if value in ("", None):
            return self._empty(value, site_id, path)
        if isinstance(value, dict):
            self._spell_undocumented({}, value, site_id, path)
        elif isinstance(value, list):
            return [entry if entry in ("", None) else self._loose(entry, site_id, path) for entry in value]
        elif type(value) is int:
            return self._speak((Family.NUMBERS,), value, site_id, path)
        return value
