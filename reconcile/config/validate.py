"""The documents against the JSON Schema: jsonschema-rs says whether, jsonschema what, and this module how."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from reconcile.config.load import Document
from reconcile.config.places import NO_TEXT, Fault, Keys, Place
from reconcile.model.fields import bundle
from reconcile.model.normalize import did_you_mean, quoted

if TYPE_CHECKING:
    from jsonschema import ValidationError

_TYPES: Final = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "text",
    "array": "a list",
    "object": "a mapping",
}
#: What people write for flags in other places.
_FLAGS: Final = dict.fromkeys(("true", "yes", "on", "1"), "true") | dict.fromkeys(("false", "no", "off", "0"), "false")
_BOUNDS: Final = ("minimum", "exclusiveMinimum", "maximum")
#: So many unknown keys of one mapping are named each; more are no slip of the pen.
_MOST_UNKNOWN: Final = 100
#: Text that needs no quotes in a list; with commas it is already several entries.
_PLAIN: Final = re.compile(r"(?!(?i:true|false|null)\b)[^\W\d_][\w .,@/-]*")


@functools.cache
def _fast() -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(bundle())


@functools.cache
def _exact() -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(bundle())


def check(document: Document) -> tuple[Document, list[Fault]]:
    """The document without what is wrong in it, and the faults; a valid one comes back as it is."""
    if _fast().is_valid(document.data):
        return document, []
    errors = sorted(
        _exact().iter_errors(document.data),
        key=lambda error: [str(key) for key in error.absolute_path],
    )
    faults = list({fault: None for error in _narrowest(errors) for fault in _worded(document, error)})
    for error in errors:
        _prune(document.data, error)
    return document, faults


def _narrowest(errors: list[ValidationError]) -> Iterator[ValidationError]:
    """The errors without those of a type where a narrower one is expected at the same place, too."""
    types: dict[Keys, list[int]] = {}
    for error in errors:
        if error.validator == "type":
            types.setdefault(tuple(error.absolute_path), []).append(_width(error))
    for error in errors:
        if error.validator != "type" or _width(error) == min(types[tuple(error.absolute_path)]):
            yield error


def _width(error: ValidationError) -> int:
    limit: Any = error.validator_value
    return 1 if isinstance(limit, str) else len(limit)


def _worded(document: Document, error: ValidationError) -> Iterator[Fault]:
    keys: Keys = tuple(error.absolute_path)
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    match error.validator:
        case "additionalProperties":
            known = _known_keys(schema)
            unknown = _unknown_keys(error)
            if len(unknown) > _MOST_UNKNOWN:
                more = f"{len(unknown) - _MOST_UNKNOWN} more unknown keys{_where(keys)}"
                yield Fault(Place(document.file, (*keys, unknown[_MOST_UNKNOWN]), at_key=True), more)
            for key in unknown[:_MOST_UNKNOWN]:
                hint = did_you_mean(key, known) or f"; expected one of {', '.join(known)}"
                yield Fault(Place(document.file, (*keys, key), at_key=True), f'unknown key "{key}"{_where(keys)}{hint}')
        case "required":
            required: Any = error.validator_value
            present: Any = error.instance
            for key in [key for key in required if key not in present]:
                yield Fault(Place(document.file, keys), f'the key "{key}" is missing here')
        case "anyOf":  # one of several names for what has to be there
            choices: Any = error.validator_value
            names = " or ".join(f'"{choice["required"][0]}"' for choice in choices)
            yield Fault(Place(document.file, keys), f"the key {names} is missing here")
        case _:
            fault = _unexpected(Place(document.file, keys), error, schema)
            yield fault if not _may_be_secret(keys, fault, error) else replace(fault, got=_kind(error.instance))


def _may_be_secret(keys: Keys, fault: Fault, error: ValidationError) -> bool:
    """Whether what stands there wrongly may be a password or key that a person put in the wrong place.

    Among credentials nothing is said of it, unless it is nearly what was expected, or a number out of bounds.
    """
    if error.validator in _BOUNDS:
        return False
    if keys[:1] not in (("accounts",), ("clients",)) or "call_defaults" in keys or fault.got in ("", NO_TEXT):
        return False
    near = "did you mean" in fault.got or "; write " in fault.got
    return isinstance(error.instance, str | int | float) and not near


def _kind(value: Any) -> str:
    return "a flag" if isinstance(value, bool) else "text" if isinstance(value, str) else "a number"


def _unexpected(place: Place, error: ValidationError, schema: dict[str, Any]) -> Fault:
    match error.validator:
        case "minItems":
            return Fault(place, "expected at least one entry, got an empty list")
        case "minLength":
            return Fault(place, "expected some text, got ", got=NO_TEXT)
    expected, hint = f"expected {_expected(error, schema)}, got ", _hint(error, schema)
    if schema.get("x-sensitive") and not isinstance(error.instance, dict | list | None):
        return Fault(place, f"{expected}a secret{hint}")
    return Fault(place, expected, got=_got(error.instance) + hint)


def _expected(error: ValidationError, schema: dict[str, Any]) -> str:
    limit: Any = error.validator_value
    match error.validator:
        case "type" if "pattern" not in schema:
            return " or ".join(_TYPES[name] for name in _types(limit) if name != "null")
        case "type" | "pattern":
            return _like(schema)
        case "enum":
            return f"one of {', '.join(limit)}"
        case "const":
            return str(limit)
        case "minimum":
            return f"{limit} or more"
        case "exclusiveMinimum":
            return f"more than {limit}"
        case "maximum":
            return f"{limit} at most"
        case rule:
            return f"what the schema's rule `{rule}` allows"


def _types(limit: Any) -> list[str]:
    return [limit] if isinstance(limit, str) else list(limit)


def _hint(error: ValidationError, schema: dict[str, Any]) -> str:
    """How to write what was probably meant, or nothing."""
    value: Any = error.instance
    limit: Any = error.validator_value
    if error.validator == "enum":
        return did_you_mean(str(value), limit)
    if error.validator != "type" or isinstance(value, dict | list | None):
        return ""
    types = _types(limit)
    if "boolean" in types and (meant := _FLAGS.get(str(value).lower())):
        return f"; write {meant}"
    if "string" in types:
        return "" if "pattern" in schema else "; write it in quotes"
    if "array" in types:
        text = value if _PLAIN.fullmatch(str(value)) else quoted(value)
        return f"; write [{text}]"
    return ""


def _like(schema: dict[str, Any]) -> str:
    examples = [str(example) for example in schema.get("examples", ())]
    if not examples:
        return f"text like {schema['pattern']}"
    *first, last = examples
    return f"something like {', '.join(first)} or {last}" if first else f"something like {last}"


def _got(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return quoted(value)


def _where(keys: Keys) -> str:
    """Where a key is unknown, as a person names it."""
    names = [key for key in keys if isinstance(key, str)]
    return f" in {names[-1]}" if names else ""


def _known_keys(schema: dict[str, Any]) -> list[str]:
    known = [key for key, child in schema.get("properties", {}).items() if not child.get("deprecated")]
    for pattern in schema.get("patternProperties", {}):
        known += re.findall(r"[a-z]+", pattern) if "-" not in pattern else ["monday-friday"]
    return list(dict.fromkeys(known))


def _unknown_keys(error: ValidationError) -> list[str]:
    schema = error.schema if isinstance(error.schema, dict) else {}
    patterns = [re.compile(pattern) for pattern in schema.get("patternProperties", {})]
    instance: Any = error.instance
    return [
        key
        for key in instance
        if key not in schema.get("properties", {}) and not any(pattern.search(key) for pattern in patterns)
    ]


def _prune(data: dict[str, Any], error: ValidationError) -> None:
    """Takes out what an error is about, so that the rest can be checked further. List items become None."""
    path = list(error.absolute_path)
    if error.validator == "additionalProperties":
        holder = _at(data, path)
        for key in _unknown_keys(error) if isinstance(holder, dict) else ():
            holder.pop(key, None)
    elif not path:
        data.clear()
    else:
        holder = _at(data, path[:-1])
        if isinstance(holder, dict):
            holder.pop(path[-1], None)
        elif isinstance(holder, list):
            holder[int(path[-1])] = None


def _at(data: Any, path: list[str | int]) -> Any:
    """What stands at `path`, or None where an earlier error took it out."""
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data
