"""Why a resource has its values, as text and as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from msgspec.structs import replace

from reconcile.config.week import DAYS
from reconcile.config.why import Explained, Explanation, Said, Source
from reconcile.escaping import clean
from reconcile.model.normalize import count
from reconcile.planning.planfile import FORMAT_VERSION
from reconcile.reports.fields import day
from reconcile.reports.json import text
from reconcile.reports.tables import width
from reconcile.reports.words import some, value

#: Where a value comes from that stands in no file.
_SOURCES = {
    Source.ADDRESS: "the site's address",
    Source.CLIENT: "the account of its client",
    Source.ONLY: "the only account",
    Source.DEFAULT: "the documented default, as the account says `unspecified: default`",
    Source.NOT_MANAGED: "no layer mentions it, so it is kept as it is live",
    Source.NOT_KEPT: "its account's service keeps no such field",
}
#: What is said of several fields at once that no layer mentions.
_ALIKE = {
    Source.DEFAULT: "at the documented default",
    Source.NOT_MANAGED: "mentioned nowhere, so kept as live",
    Source.NOT_KEPT: "not kept by the account's service",
}


def why_text(explanations: Sequence[Explanation], *, every: bool) -> str:
    """Each field with its layers, the nearest first; those that no layer mentions at the end.

    They are named only where `every` one is asked for.
    """
    return "\n".join(_resource(one, every=every) for one in explanations)


def _resource(explanation: Explanation, *, every: bool) -> str:
    lines = [clean(f"{explanation.address.shown}  ({explanation.at})")]
    single = len(explanation.fields) == 1
    for one in _by_days(explanation.fields):
        if single or one.said or one.source not in _ALIKE:
            lines += _field(one)
    for source, words in () if single else _ALIKE.items():
        names = [one.path for one in explanation.fields if one.source is source and not one.said]
        if names:
            lines.append(f"  {count(len(names), 'other field')} {words}" + (f": {some(names)}" if every else ""))
    return "\n".join(lines) + "\n"


def _by_days(fields: Sequence[Explained]) -> Iterator[Explained]:
    """The fields, the hours of days that come from the same places together: `monday-friday: 9-18`."""
    for alike, same in groupby(fields, key=lambda one: tuple(one.path.split(".")[:-2]) if _is_hour(one) else one.path):
        if isinstance(alike, str):
            yield from same
        else:
            yield from _days(".".join(alike), list(same))


def _is_hour(one: Explained) -> bool:
    return any(f".{day}." in one.path for day in DAYS)


def _days(prefix: str, fields: Sequence[Explained]) -> Iterator[Explained]:
    """The days of one week; one whose parts come from several places stays as it is."""
    runs: list[tuple[str, str, list[Explained]]] = []
    for name, found in groupby(fields, key=lambda one: one.path.split(".")[-2]):
        parts = list(found)
        if len({(one.source, _places(one)) for one in parts if one.said}) > 1 or not any(one.said for one in parts):
            runs.append((name, name, parts))
            continue
        made = _day(parts)
        if runs and len(runs[-1][2]) == 1 and replace(runs[-1][2][0], path="") == made:
            runs[-1] = (runs[-1][0], name, [made])
        else:
            runs.append((name, name, [made]))
    for first, last, parts in runs:
        name = first if first == last else f"{first}-{last}"
        yield from (one if one.path else replace(one, path=f"{prefix}.{name}") for one in parts)


def _places(one: Explained) -> tuple[object, ...]:
    return tuple((said.layer, said.at, said.through) for said in one.said)


def _day(parts: Sequence[Explained]) -> Explained:
    """The hours of a day as one value; its path is left to its run."""
    names = [one.path.rpartition(".")[2] for one in parts]
    first = next(one for one in parts if one.said)
    said = [
        replace(layer, shown=day({name: one.said[n].shown for name, one in zip(names, parts, strict=True) if one.said}))
        for n, layer in enumerate(first.said)
    ]
    return Explained(
        "", day({name: one.shown for name, one in zip(names, parts, strict=True)}), first.source, tuple(said)
    )


def _field(one: Explained) -> Iterator[str]:
    managed = one.source not in (Source.NOT_MANAGED, Source.NOT_KEPT)
    yield f"  {clean(one.path)}: {value(one.shown) if managed else '(not managed)'}"
    rows: list[tuple[str, str, str]] = []
    if one.source is not Source.FILE:
        why = _SOURCES[one.source]
        if one.source is Source.NOT_MANAGED and one.said:
            why = "unset, so it is kept as it is live"
        yield f"      {why}"
    for number, said in enumerate(one.said):
        counts = number == 0 and one.source in (Source.FILE, Source.NOT_MANAGED)
        rows.append(_said(said, "from" if counts else "over", again=counts and said.shown is not None))
        rows += [_said(part, "  of") for part in said.parts]
    widths = [max((width(row[column]) for row in rows), default=0) for column in (0, 1)]
    for layer, at, rest in rows:
        yield f"      {layer}{' ' * (widths[0] - width(layer))}  {at}{' ' * (widths[1] - width(at))}  {rest}".rstrip()


def _said(said: Said, word: str, *, again: bool = False) -> tuple[str, str, str]:
    """A layer as cells of a line; where its value stands above it, it is not said `again`."""
    shown = "" if again else "null" if said.shown is None else value(said.shown)
    written = f"  ({said.written})" if said.written is not None and said.written != shown else ""
    through = f"  through {', '.join(said.through)}" if said.through else ""
    return f"{word} {clean(said.layer)}", clean(said.at), clean(f"{shown}{written}{through}".strip())


def why_json(explanations: Sequence[Explanation]) -> str:
    """All fields, also those that nobody mentions."""
    resources = [
        {
            "address": str(one.address),
            "at": one.at,
            "fields": [
                {
                    "path": field.path,
                    "value": field.shown,
                    "source": field.source.value,
                    "layers": [_layer(said) for said in field.said],
                }
                for field in one.fields
            ],
        }
        for one in explanations
    ]
    return text({"format_version": FORMAT_VERSION, "resources": resources})


def _layer(said: Said) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if said.written is not None:
        more["written"] = said.written
    if said.through:
        more["through"] = list(said.through)
    if said.parts:
        more["parts"] = [_layer(part) for part in said.parts]
    return {
        "layer": said.layer,
        "file": said.file,
        "line": said.line,
        "column": said.column,
        "value": said.shown,
    } | more
