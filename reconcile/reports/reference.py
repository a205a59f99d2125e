"""The reference of every key of a project's files, rendered from the schemas: `docs/fields.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconcile.model.fields import resolve, schemas

#: The tables, in the order of the page: title, schema, and the way to the mapping inside that schema.
TABLES: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("Top of a file", "project", ()),
    ("Account", "account", ()),
    ("Safety", "project", ("safety",)),
    ("Site", "site", ()),
    ("Manager", "manager", ()),
    ("Widget", "widget", ()),
    ("Schedule", "schedule", ()),
    ("Blacklist", "blacklist", ()),
)

INTRODUCTION: Final = """\
# Every key

Rendered from `schemas/`, and compared with them by the tests. What the keys do together is in
[configuration.md](configuration.md).

A default is what the service documents for a field that was never set, or, for accounts and safety, what the program
assumes. `null` unsets what a farther layer says; it is possible wherever the value may be left out. Where the service
spells a key differently, its own spelling works, too.
"""

_WORDS: Final = {
    "integer": "whole number",
    "number": "number",
    "boolean": "`true`, `false`",
    "string": "text",
    "array": "list",
    "object": "mapping",
}
#: Types of fields (`x-type`) that say more than the types of JSON.
_TYPES: Final = {
    "phone": "phone number",
    "phone_prefix": "country code",
    "phones": "list of phone numbers",
    "networks": "list of IP addresses and networks",
    "lines": "list of texts",
    "events": "list of texts",
    "timezone": "time zone",
    "hour": "hour",
    "url": "URL",
    "week": "name, or mapping",
}
#: Sections of a file are mappings of named things.
_NAMED: Final = "additionalProperties"


def fields_markdown() -> str:
    """The page: a table for every kind of mapping, a row for every key."""
    parts = [INTRODUCTION]
    for title, name, way in TABLES:
        schema, home = schemas()[name], schemas()[name]
        for key in way:
            schema, home = resolve(schema["properties"][key], home)
        parts.append("\n".join(_table(title, schema, home)) + "\n")
    return "\n".join(parts)


def _table(title: str, schema: Mapping[str, Any], home: dict[str, Any]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield str(schema["description"])
    yield ""
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    for path, child in _rows(schema, home, ()):
        required = path in schema.get("required", ()) or bool(child.get("x-required"))
        yield f"| `{path}` | {_value(child)} | {_default(child, required=required)} | {_meaning(child)} |"


def _rows(
    schema: Mapping[str, Any], home: dict[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The keys of a mapping; mappings inside it that have no table of their own are rows with dotted keys."""
    for key, raw in schema["properties"].items():
        child, child_home = resolve(raw, home)
        inside = child_home is home and "properties" in child and (*above, key) != ("safety",)
        if inside and home["title"] != "Schedule":
            yield from _rows(child, child_home, (*above, key))
        else:
            yield ".".join((*above, key)), child


def _value(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if isinstance(schema.get(_NAMED), Mapping):
        return "mapping of names"
    if schema.get("x-type") in _TYPES:
        return _TYPES[schema["x-type"]]
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "x-ref" in schema and "array" in types:
        return "list of names and mappings"
    if "x-ref" in schema and "object" in types:
        return "name, or mapping"
    if "x-ref" in schema:
        return "name"
    words = [_WORDS[kind] for kind in types if kind != "null"]
    limits = {"minimum": "at least", "maximum": "at most"}
    bounds = [f"{word} {schema[key]}" for key, word in limits.items() if schema.get(key)]
    return " ".join([" or ".join(words), *bounds])


def _default(schema: Mapping[str, Any], *, required: bool) -> str:
    if "default" in schema:
        default = schema["default"]
        return f"`{default}`" if isinstance(default, str) else f"`{json.dumps(default, ensure_ascii=False)}`"
    return "required" if required else ""


def _meaning(schema: Mapping[str, Any]) -> str:
    parts = [str(schema["description"])]
    if isinstance(schema.get("x-wire"), str):
        parts.append(f"The service's spelling: `{schema['x-wire']}`.")
    if schema.get("x-money"):
        parts.append("Costs money.")
    if schema.get("x-sensitive"):
        parts.append("Never printed, saved or logged.")
    return " ".join(parts).replace("|", "\\|")
