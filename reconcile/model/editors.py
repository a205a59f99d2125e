"""The schema for editors: what may stand in a file as it is written, before `${…}` is replaced.

Made of `schemas/`, like everything else. It differs from what validates a project in four ways: a number, a flag or a
choice may be text with a reference in it; defaults are told in the descriptions; the service's own spellings are
known, but not suggested; and every reference stays inside the document, which all editors follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from reconcile.model.fields import SCHEMA_NAMES, schemas

#: The file that a project keeps its schema in, at the top of its folder.
SCHEMA_FILE: Final = "reconcile.schema.json"
#: Text that becomes something else: `${env.NAME}`, `${file.path}` or `${each.column}`, in the syntax of ECMAScript.
REFERENCE: Final = r"\$\{(env|file|each)\."
_SUFFIX: Final = ".schema.json"
#: Keywords under which schemas stand by name, and those under which one or a list of them does.
_NAMED: Final[tuple[str, ...]] = ("properties", "patternProperties")
_NESTED: Final[tuple[str, ...]] = ("items", "additionalProperties", "allOf", "anyOf")
_SINGLE: Final = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}


def modeline(file: str) -> str:
    """The comment that tells an editor the schema of a project's file, given its path inside the project."""
    above = "../" * (len(PurePosixPath(file).parts) - 1)
    return f"# yaml-language-server: $schema={above}{SCHEMA_FILE}\n"


def schema_text(name: str = "project") -> str:
    """The schema as it stands in a file."""
    import json

    return json.dumps(editor_schema(name), ensure_ascii=False, indent=2) + "\n"


def editor_schema(name: str = "project") -> dict[str, Any]:
    """The schema of a project's files, or of one kind of thing in them, complete in itself (JSON Schema 2020-12)."""
    whole = schemas()[name]
    definitions: dict[str, Any] = {}
    for key in SCHEMA_NAMES:
        for inner, schema in schemas()[key].get("$defs", {}).items():
            definitions[f"{key}_{inner}"] = _written(schema, key)
        if key != name:
            definitions[key] = _written(schemas()[key], key)
    return {"$schema": whole["$schema"], **_written(whole, name), "$defs": definitions}


def _written(schema: Mapping[str, Any], home: str) -> dict[str, Any]:
    """One schema of the file `home`, and all that is in it, as editors get it."""
    made = {key: value for key, value in schema.items() if key[:1] != "$" and not key.startswith("x-")}
    if "$ref" in schema:
        made = {"$ref": _reference(schema["$ref"], home), **made}
    for key in (key for key in _NAMED if key in made):
        made[key] = {name: _written(child, home) for name, child in made[key].items()}
    for key in (key for key in _NESTED if key in made):
        inner = made[key]
        if isinstance(inner, dict):
            made[key] = _written(inner, home)
        elif isinstance(inner, list):
            made[key] = [_written(child, home) for child in inner]
    if "properties" in made:
        made["properties"] |= _aliases(schema["properties"], made["properties"])
    if "default" in schema:
        _tell_default(made, schema)
    return _referable(made)


def _reference(ref: str, home: str) -> str:
    """A reference between files, or inside of one, as one inside the whole."""
    inner = ref.removeprefix("#/$defs/")
    return f"#/$defs/{home}_{inner}" if inner != ref else f"#/$defs/{ref.removesuffix(_SUFFIX)}"


def _aliases(properties: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
    """The service's own spellings of renamed keys: allowed, and not suggested.

    No `deprecationMessage`: yaml-language-server makes an error of it, where the program has nothing to say.
    """
    wires = {key: schema["x-wire"] for key, schema in properties.items() if isinstance(schema.get("x-wire"), str)}
    return {
        wire: made[key]
        | {"deprecated": True, "doNotSuggest": True, "description": f"The service's own spelling of `{key}`."}
        for key, wire in wires.items()
        if wire not in properties
    }


def _tell_default(made: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Says the default where a person reads: few editors show the keyword, and it does not tell whose default it is."""
    default = schema["default"]
    if isinstance(default, list):
        return
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    whose = "The service's default" if "x-type" in schema else "Default"
    made["description"] = f"{made.get('description', '')} {whose}: {shown}.".strip()


def _referable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a single value that is no free text, with references let in; any other as it is."""
    types = [schema["type"]] if isinstance(schema.get("type"), str) else list(schema.get("type", ()))
    if "enum" in schema:
        said = {key: schema.pop(key) for key in ("enum", "enumDescriptions", "type") if key in schema}
        return schema | {"anyOf": [said, {"type": "string", "pattern": REFERENCE}]}
    if "pattern" in schema:
        return schema | {"pattern": f"{schema['pattern']}|{REFERENCE}"} | _expected(schema)
    if "string" in types or not set(types) & _SINGLE.keys():
        return schema
    words = " or ".join(_SINGLE[name] for name in types if name in _SINGLE)
    return schema | {
        "type": [*types, "string"],
        "pattern": REFERENCE,
        "patternErrorMessage": f"Expected {words}.",
    }


def _expected(schema: Mapping[str, Any]) -> dict[str, str]:
    """What an editor says of text that does not fit, instead of the pattern."""
    examples = [str(example) for example in schema.get("examples", ())]
    return {"patternErrorMessage": f"Expected something like {' or '.join(examples)}."} if examples else {}
