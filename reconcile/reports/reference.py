"""The reference of every key of a project's files, rendered from the schemas: `docs/fields.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from reconcile.model.fields import resolve, schemas

#: The tables, in the order of the page: title, schema, and the way to the mapping inside that schema.
TABLES: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("Top of a file", "project", ()),
    ("Account", "account", ()),
    ("Profile", "profile", ()),
    ("Safety", "project", ("safety",)),
    ("Rollout", "rollout", ()),
    ("Gate", "gate", ()),
    ("Gate of calls", "gate", ("calls",)),
    ("Policy", "policy", ()),
    ("Client", "client", ()),
    ("Site", "site", ()),
    ("Site group", "site_group", ()),
    ("Manager", "manager", ()),
    ("Widget", "widget", ()),
    ("Schedule", "schedule", ()),
    ("Day of a schedule", "schedule", ("monday",)),
    ("Blacklist", "blacklist", ()),
    ("Call defaults", "call_defaults", ()),
)

INTRODUCTION: Final = """\
# Every key

Rendered from `schemas/`, and compared with them by the tests. What the keys do together is in
[configuration.md](configuration.md).

A default is what the service documents for a field that was never set, or, for accounts, safety, rollouts and policies,
what the program assumes. `null` unsets what a farther layer says; it is possible wherever the value may be left out.
Where the service spells a key differently, its own spelling works, too.
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
}


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
    required = schema.get("required", ())
    rows = [
        (f"`{path}`", " | ".join(_cells(child, about, required=path in required)))
        for path, child, about in _rows(schema, home, ())
    ]
    for cells, same in groupby(rows, key=itemgetter(1)):
        yield f"| {', '.join(key for key, _ in same)} | {cells} |"


def _rows(
    schema: Mapping[str, Any], home: dict[str, Any], above: tuple[str, ...], about: str = ""
) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """The keys of a mapping, and what the mapping is about; mappings inside it are rows with dotted keys.

    A mapping that has a table of its own, or can be given as text, too, is one row.
    """
    tables = [way for _, name, way in TABLES if schemas()[name] is home]
    for key, raw in schema["properties"].items():
        child, child_home = resolve(raw, home)
        path = (*above, key)
        if "properties" in child and child_home is home and path not in tables and "string" not in child["type"]:
            yield from _rows(child, child_home, path, child.get("description", ""))
        else:
            yield ".".join(path), child, about if above else ""


def _cells(schema: Mapping[str, Any], about: str, *, required: bool) -> tuple[str, str, str]:
    """The value, the default and the meaning of a key."""
    return _value(schema), _default(schema, required=required), _meaning(schema, about, required=required)


def _value(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"]).replace("|", "\\|")
    if "const" in schema:
        return f"`{schema['const']}`"
    others = schema.get("additionalProperties")
    if isinstance(others, dict) and "$ref" in others:
        return "mapping of names"
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "x-ref" in schema:
        return "list of names and mappings" if "array" in types else "name, or mapping" if "object" in types else "name"
    return _TYPES.get(
        schema.get("x-type", ""), " or ".join(_WORDS[kind] for kind in types if kind != "null") + _bounds(schema)
    )


def _bounds(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is None and "exclusiveMinimum" in schema:
        return f", more than {schema['exclusiveMinimum']}" + ("" if most is None else f", {most} at most")
    if least is None:
        return ""
    return f", {least} or more" if most is None else f", {least} to {most}"


def _default(schema: Mapping[str, Any], *, required: bool) -> str:
    if "default" in schema:
        default = schema["default"]
        return f"`{default}`" if isinstance(default, str) else f"`{json.dumps(default, ensure_ascii=False)}`"
    return "required" if required else ""


def _meaning(schema: Mapping[str, Any], about: str, *, required: bool) -> str:
    parts = [about, str(schema["description"])]
    if isinstance(schema.get("x-wire"), str):
        parts.append(f"The service's spelling: `{schema['x-wire']}`.")
    if schema.get("x-required") and not required:
        parts.append("The service requires it.")
    if schema.get("x-create-only"):
        parts.append("Sent once.")
    if schema.get("x-money"):
        parts.append("Costs money.")
    if schema.get("x-sensitive"):
        parts.append("Never printed, saved or logged.")
    return " ".join(part for part in parts if part).replace("|", "\\|")
