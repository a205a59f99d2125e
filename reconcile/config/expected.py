"""What the schemas expect at a place of a project: the schema of it, and text that came from elsewhere, typed by it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from reconcile.config.places import Keys
from reconcile.model.fields import resolve, schemas

#: What the schema of a single value may demand of it.
_DEMANDS: Final = (
    *("type", "enum", "const", "pattern", "minLength", "maxLength"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
)


def schema_at(keys: Keys) -> dict[str, Any]:
    """The schema of what stands at `keys` in a file of a project; an empty one where nothing is known of it."""
    schema, home = schemas()["project"], schemas()["project"]
    for key in keys:
        child = schema.get("items") if isinstance(key, int) else _property(schema, key)
        if not isinstance(child, dict):
            return {}
        schema, home = resolve(child, home)
    return schema


def types_in(schema: dict[str, Any]) -> tuple[str, ...]:
    """The types of JSON that a schema allows; text where it says none."""
    types = schema.get("type", "string" if schema else ())
    return (types,) if isinstance(types, str) else tuple(types)


def typed(text: str, types: tuple[str, ...]) -> Any:
    """`text` as a number or a flag where nothing else is possible."""
    if "string" in types:
        return text
    if "integer" in types and re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    if "number" in types and re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", text):
        return float(text) if "." in text else int(text)
    if "boolean" in types and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


def sample(schema: dict[str, Any]) -> Any:
    """A single value that a schema allows; some text where it allows none."""
    types = types_in(schema)
    for choice in (*schema.get("enum", ()), *schema.get("examples", ())):
        if isinstance(choice, str):
            return choice
    if "string" in types or not types:
        return "x"
    if "integer" in types or "number" in types:
        return schema.get("minimum", schema.get("maximum", 0))
    return False if "boolean" in types else "x"


def demand(schema: dict[str, Any]) -> Callable[[Any], bool] | None:
    """Whether a schema allows a single value; None where it allows every text."""
    demands: dict[str, Any] = {key: schema[key] for key in _DEMANDS if key in schema}
    if not schema or (demands.keys() <= {"type"} and "string" in types_in(schema)):
        return None
    import jsonschema_rs

    valid: Callable[[Any], bool] = jsonschema_rs.validator_for(demands).is_valid
    return valid


def _property(schema: dict[str, Any], key: str) -> Any:
    for name, child in schema.get("properties", {}).items():
        if key in (name, child.get("x-wire")):
            return child
    for pattern, child in schema.get("patternProperties", {}).items():
        if re.search(pattern, key):
            return child
    return schema.get("additionalProperties")
