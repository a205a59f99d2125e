"""What of a live value can be written, and has to be: it must read back as the same value, or it is left out.

A live value may be one that no project could declare (api.md 1.7: what a service gives back is tolerated). Such a value
stays as it is in the account, and the import says so.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from enum import Enum, StrEnum
from typing import Any, Final

from msgspec import Struct, field

from reconcile.model.fields import UNMANAGED, Field, resolve, schemas
from reconcile.model.state import Unspecified


class Defaults(StrEnum):
    """What becomes of a value that is the documented default: it is left out, or written."""

    DROP = "drop"
    KEEP = "keep"


class Omit(Enum):
    """Nothing has to be written."""

    OMIT = "omit"


OMIT: Final = Omit.OMIT


class Writable(Struct, frozen=True):
    """One live value: what stands for it in YAML (OMIT: it can't be declared), and whether that has to be said."""

    needed: bool
    raw: Any


class Writer(Struct):
    """Decides for the values of accounts with one meaning of what nobody mentions.

    `lost` counts, by the path of a field, the values that had to be said and can't be.
    """

    defaults: Defaults
    unspecified: Unspecified
    lost: Counter[str] = field(default_factory=Counter)
    known: dict[tuple[str, ...], dict[Any, Writable]] = field(default_factory=dict)

    def writable(self, field: Field, value: Any, above: tuple[str, ...] = ()) -> Writable:
        """What is known of a value of a field; `above` are the keys of the list that it is an entry's field of."""
        keys = (*above, *field.keys)
        memo = self.known.get(keys)
        if memo is None:
            memo = self.known[keys] = {}
        found = memo.get(value)
        if found is None:
            found = memo[value] = Writable(self.needed(field, value), written(field, value, keys))
        return found

    def needed(self, field: Field, value: Any) -> bool:
        """Whether a value has to be said where nothing below says another."""
        if self.unspecified is Unspecified.DEFAULT and field.default is not UNMANAGED and value != field.default:
            return True
        if value == field.default:
            return self.defaults is Defaults.KEEP
        return bool(value != field.nothing)

    def over(self, field: Field, value: Any, under: Any = UNMANAGED) -> Any:
        """What has to be said of a value that lies over `under`; None unsets that, OMIT is nothing at all."""
        if under is not UNMANAGED:
            if under == value:
                return OMIT
            raw = self.writable(field, value).raw
            return None if raw is OMIT else raw
        found = self.writable(field, value)
        return found.raw if found.needed else OMIT

    def note(self, fields: Sequence[Field], values: Sequence[Any], times: int = 1) -> int:
        """Counts what of these values can't be said; gives how many have to be, and can."""
        said = 0
        for one, value in zip(fields, values, strict=True):
            found = self.writable(one, value)
            if found.needed and found.raw is OMIT:
                self.lost[one.path] += times
            elif found.needed:
                said += 1
        return said


def written(field: Field, value: Any, keys: tuple[str, ...], kind: str = "site") -> Any:
    """What a person writes for a canonical value; OMIT where nothing gives that value back."""
    if value is None or value is UNMANAGED or field.undocumented or field.sensitive:
        return OMIT
    raw = field.type.show(value)
    try:
        again = field.strict.read(raw)
    except ValueError:
        return OMIT
    same = again == value and type(again) is type(value)
    return escaped(raw) if same and _carried(raw) and _leaf(kind, keys)(raw) else OMIT


def _carried(raw: Any) -> bool:
    """Whether a file in UTF-8 can hold a value at all."""
    texts = raw if isinstance(raw, list) else [raw]
    return all(_is_unicode(text) for text in texts if isinstance(text, str))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair
        return False
    return True


def escaped(raw: Any) -> Any:
    """A value that no reference is looked for in."""
    if isinstance(raw, list):
        return [escaped(entry) for entry in raw]
    return raw.replace("${", "$${") if isinstance(raw, str) and "${" in raw else raw


@functools.cache
def _leaf(kind: str, keys: tuple[str, ...]) -> Callable[[Any], bool]:
    """Says whether a value is what the schema wants of a field."""
    import jsonschema_rs

    schema = home = schemas()[kind]
    for key in keys:
        if "items" in schema:
            schema, home = resolve(schema["items"], home)
        schema, home = resolve(schema["properties"][key], home)
    check: Callable[[Any], bool] = jsonschema_rs.validator_for(schema).is_valid
    return check
