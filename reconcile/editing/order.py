"""What the schemas say of a place in a file: the order of its keys, what it refers to, and which keys hold secrets."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from reconcile.config.week import days_of
from reconcile.model.fields import resolve, schemas


class Guide(Struct, frozen=True, eq=False):
    """A schema, and the file that its references start from. One without a schema knows no order."""

    schema: dict[str, Any]
    home: dict[str, Any]

    @classmethod
    def project(cls) -> Guide:
        """That of a whole file."""
        schema = schemas()["project"]
        return cls(schema, schema)

    @property
    def ref(self) -> str | None:
        """The section that a name written here is declared in."""
        return self.schema.get("x-ref")

    def entry(self, key: str) -> Guide:
        """What is known of the value of `key`."""
        properties = self.schema.get("properties", {})
        found = properties.get(_documented(properties).get(key, key))
        if found is None and self.schema.get("x-type") == "week":
            found = properties.get("monday")
        if found is None:
            found = self.schema.get("additionalProperties")
        return self._at(found)

    def item(self) -> Guide:
        """What is known of the entries of a list; they refer to what the list refers to."""
        items = self.schema.get("items")
        if isinstance(items, dict) and self.ref is not None:
            items = {"x-ref": self.ref, **items}
        return self._at(items)

    def _at(self, schema: Any) -> Guide:
        if not isinstance(schema, dict):
            return NOTHING
        schema, home = resolve(schema, self.home)
        for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            made, made_home = resolve(choice, home)
            if "properties" in made or "items" in made:
                return Guide({**made, **schema}, made_home)
        return Guide(schema, home)

    def rank(self, key: str) -> tuple[int, int]:
        """Where a key belongs among others; where all ranks are the same, the order is the author's."""
        if key == "<<":
            return -1, 0
        properties = self.schema.get("properties")
        if not properties:
            return 0, 0
        if self.schema.get("x-type") == "week":
            return _rank_of_day(key)
        return _ranks(tuple(properties)).get(_documented(properties).get(key, key), len(properties)), 0


NOTHING = Guide({}, {})


@functools.cache
def _ranks(keys: tuple[str, ...]) -> dict[str, int]:
    return {key: rank for rank, key in enumerate(keys)}


def _documented(properties: dict[str, Any]) -> dict[str, str]:
    """Our names of the keys that the service spells in its own way."""
    return {child["x-wire"]: key for key, child in properties.items() if isinstance(child.get("x-wire"), str)}


def _rank_of_day(key: str) -> tuple[int, int]:
    """By the first day, and of those that begin with one day the wider first."""
    try:
        days = days_of(key)
    except ValueError:
        return 7, 0
    return days_of("daily").index(days[0]), -len(days)


@functools.cache
def secret_keys() -> frozenset[str]:
    """The keys whose values are nobody else's business."""
    return frozenset(key for schema in schemas().values() for key in _secret_keys(schema))


def _secret_keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, child in schema.get("properties", {}).items():
            if isinstance(child, dict) and child.get("x-sensitive"):
                yield key
        for child in schema.values():
            yield from _secret_keys(child)
