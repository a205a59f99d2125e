"""What the schemas say to people: what every property is, in English, with its unit, and examples that are right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from reconcile.model.editors import editor_schema
from reconcile.model.fields import SCHEMA_NAMES, resolve, schemas
from reconcile.model.normalize import TYPES

#: What tells how a number is meant: its unit, what it counts, or that it is a code of the service's.
MEANT = re.compile(
    r"\b(seconds|minutes|hours?|percent|percentage points|requests a second|how many|how often|so many|deletes"
    r"|calls|a number of the service's|number at the service|version)\b",
    re.IGNORECASE,
)


def described() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every property and definition of every schema: where it is, what it says, and the file that it belongs to."""
    for name in SCHEMA_NAMES:
        schema = schemas()[name]
        yield name, schema, schema
        yield from _inside(name, schema, schema)


def _inside(where: str, schema: dict[str, Any], home: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    for key in ("properties", "patternProperties", "$defs"):
        for name, child in schema.get(key, {}).items():
            yield f"{where}.{name}", child, home
            yield from _inside(f"{where}.{name}", child, home)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _inside(f"{where}.*", schema[key], home)


ALL = list(described())


@pytest.mark.parametrize(("schema", "home"), [entry[1:] for entry in ALL], ids=[entry[0] for entry in ALL])
def test_it_says_what_it_is_in_english_with_unit_or_example(schema, home):
    whole, _ = resolve(schema, home)
    said = whole.get("description", "")
    types = [whole["type"]] if isinstance(whole.get("type"), str) else whole.get("type", [])
    numbers = {"integer", "number"} & set(types)
    free_text = TYPES[whole["x-type"]].name in ("text", "lines", "events") if whole.get("x-type") in TYPES else True

    assert re.fullmatch(r"[A-Z][ -~]+[.]", said), f"no sentence in English: {said!r}"
    if numbers and "string" not in types:
        assert MEANT.search(said), f"a number whose unit nobody tells: {said!r}"
    if "pattern" in whole or "x-check" in whole or (numbers and "string" in types) or not free_text:
        plain = types and set(types) <= {"integer", "number", "boolean", "null"}
        assert plain or "examples" in whole or "default" in whole, "a format that nobody shows"
    if "enumDescriptions" in whole:
        assert len(whole["enumDescriptions"]) == len(whole["enum"])
    elif "enum" in whole and whole["enum"] != [*range(len(whole["enum"]))]:
        assert all(str(choice) in said for choice in whole["enum"]), "choices that nobody explains"


EXAMPLES = [
    (where, schema, home, example)
    for where, schema, home in ALL
    for example in (*schema.get("examples", ()), *([schema["default"]] if "default" in schema else ()))
]


@pytest.mark.parametrize(
    ("schema", "home", "example"),
    [entry[1:] for entry in EXAMPLES],
    ids=[f"{where}: {example}" for where, *_, example in EXAMPLES],
)
def test_every_example_and_default_is_right(schema, home, example):
    whole, _ = resolve(schema, home)
    definitions = {"$schema": home["$schema"], "$defs": editor_schema()["$defs"]}

    validator = jsonschema_rs.validator_for(definitions | _at_home(whole, home))
    assert validator.is_valid(example)
    if whole.get("x-type") in TYPES:
        field = TYPES[whole["x-type"]]
        (field.strict or field.read)(example)


def _at_home(schema: Any, home: dict[str, Any]) -> Any:
    """A schema with its references to files led to the definitions of the schema for editors."""
    if isinstance(schema, list):
        return [_at_home(child, home) for child in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _at_home(value, home) for key, value in schema.items() if key != "$id"}
    if isinstance(schema.get("$ref"), str):
        name = schema["$ref"].removesuffix(".schema.json")
        made["$ref"] = f"#/$defs/{name}" if name != schema["$ref"] else schema["$ref"].replace("day", "schedule_day")
    return made
