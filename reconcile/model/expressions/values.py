"""What a part of an expression may be, and why a value is never that.

Of a field its own reader tells: it makes of a value the one that documents would have. What there can be is fixed of
`action`, `kind`, `provider`, paths of fields, and the kinds of shared objects. The names that people give (of accounts,
clients, groups, shared objects) may come later, so that only one that is nearly another is refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from reconcile.model.fields import Field
from reconcile.model.normalize import did_you_mean, quoted

#: What a site may use, as `uses` names it: `widget/standard`.
USED: Final = ("widget", "schedule", "manager", "blacklist")
#: The names that people give, by their variables, and what is said of one that nothing has.
GIVEN: Final = {
    "account": "no account is named",
    "client": "no client is named",
    "group": "no site group is named",
    "uses": "nothing that a site can use is named",
}
#: Variables that are null where a site has none.
_NULLABLE: Final = ("client", "group")
#: How alike two names are, from 0 to 1, that one was meant for the other.
_ALIKE: Final = 0.75


class Simple(Struct, frozen=True):
    """What is no field of a document: `wrong` says of its name and a value why it is never that, empty where it may be.

    `closed` are all values that there are, where that is known; `elements` is what a list is made of.
    """

    wrong: Callable[[str, Any], str]
    closed: Collection[str] = ()
    elements: Simple | None = None


#: What a part of an expression may be: a mapping of fields, a field, or something else.
Thing = Mapping[str, Any] | Field | Simple


def paths_of(tree: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The paths of all fields, and of the mappings that they stand in."""
    for key, below in tree.items():
        path = f"{above}{key}"
        yield path
        if not isinstance(below, Field):
            yield from paths_of(below, f"{path}.")


def has_near(name: str, known: Collection[str]) -> bool:
    """Whether a name is so much like a known one that this was meant."""
    return bool(difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE))


def never(things: Sequence[Thing], name: str, value: Any) -> str:
    """Why none of these things is ever that value; empty where one may be, or nobody knows."""
    said = [_wrong(thing, name, value) for thing in things]
    return said[0] if said and all(said) else ""


def _wrong(thing: Thing, name: str, value: Any) -> str:
    """Why this is never that value; empty where it may be."""
    if isinstance(thing, Simple):
        return thing.wrong(name, value)
    if isinstance(thing, Field):
        return _wrong_in(thing, name, value)
    return "" if value is None else f"`{name}` has fields of its own, and is never {quoted(value)}"


def _wrong_in(field: Field, name: str, value: Any) -> str:
    """As the field's reader has it: it makes of a value the one that documents have, if any."""
    if field.undocumented:
        return ""
    if value is None:
        empty = "[]" if field.nothing == () else "''"
        return f"`{name}` is never null: without a value it is {empty}" if field.nothing in ("", ()) else ""
    try:
        meant = field.type.show(field.strict(value))
    except ValueError as error:
        return f"`{name}`: {error}"
    if meant == value and isinstance(meant, bool) is isinstance(value, bool):
        return ""
    guess = isinstance(meant, str) and isinstance(value, bool | float)
    return f"`{name}` is never {quoted(value)}{'; it is text' if guess else f'; write {quoted(meant)}'}"


def no_entry(field: Field) -> Callable[[str, Any], str]:
    """Of an entry of a field that is a list, as its reader has it."""
    entry = f"an entry of `{field.path}`"

    def wrong(_: str, value: Any) -> str:
        if not isinstance(value, str):
            return f"{entry} is never {quoted(value)}; it is text"
        if not value.strip():  # which no list has, so that it does no harm
            return ""
        try:
            (meant,) = field.type.show(field.strict([value]))
        except ValueError as error:
            return f"{entry}: {error}"
        return "" if meant == value else f"{entry} is never {quoted(value)}; write {quoted(meant)}"

    return wrong


def no_name(variable: str, known: Collection[str]) -> Callable[[str, Any], str]:
    """What is wrong with a value of a variable that holds a name which people give, of which `known` are declared."""

    def wrong(name: str, value: Any) -> str:
        if value is None and variable in _NULLABLE:
            return ""
        if not isinstance(value, str):
            return f"`{name}` is text, and never {quoted(value)}"
        if value == "" and variable in _NULLABLE:
            return f"`{name}` is never empty: without one it is null"
        return _misspelt(variable, value, known) if variable in GIVEN else ""

    return wrong


def no_label(name: str, value: Any) -> str:
    """What is wrong with a value of a label, which is text or null."""
    if value is None or isinstance(value, str):
        return ""
    written = quoted(str(value).lower() if isinstance(value, bool) else str(value))
    return f"`{name}` is never {quoted(value)}: labels are texts; write {written}"


def no_number(name: str, value: Any) -> str:
    """What is wrong with a value of what is always a number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if number else f"`{name}` is a number, and never {quoted(value)}"


def anything(_: str, __: Any) -> str:
    """Of what the library itself compares with values of its own type only."""
    return ""


def no_path(paths: Collection[str]) -> Callable[[str, Any], str]:
    """What is wrong with a value that is to be the path of a field."""

    def wrong(_: str, value: Any) -> str:
        if isinstance(value, str) and value in paths:
            return ""
        return f"there is no field {quoted(value)}{did_you_mean(str(value), paths)}"

    return wrong


def not_among(known: Collection[str]) -> Callable[[str, Any], str]:
    """What is wrong with a value of what has only these; where there are none, nobody knows them."""

    def wrong(name: str, value: Any) -> str:
        if not known or (isinstance(value, str) and value in known):
            return ""
        hint = did_you_mean(str(value), known) or f"; it is one of {', '.join(sorted(known))}"
        return f"`{name}` is never {quoted(value)}{hint}"

    return wrong


def _misspelt(variable: str, value: str, known: Collection[str]) -> str:
    """What is wrong with a name; of what sites use it begins with its kind, which has to be there."""
    if value in known:
        return ""
    kind, slash, name = value.partition("/")
    if variable != "uses":
        said = has_near(value, known)
    elif not slash or kind not in USED:
        named = [one for one in sorted(known) if one.partition("/")[2] == value]
        near = f'; did you mean "{named[0]}"?' if named else did_you_mean(kind, USED) if slash else ""
        return f"a site uses {', '.join(f'{one}/…' for one in USED)}, and not {quoted(value)}{near}"
    else:
        known = [one for one in known if one.startswith(f"{kind}/")]
        said = has_near(name, [one.partition("/")[2] for one in known])
    return f"{GIVEN[variable]} {quoted(value)}{did_you_mean(value, known)}" if said else ""
