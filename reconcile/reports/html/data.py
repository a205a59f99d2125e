"""A plan as the page's script reads it: small, since thousands of changes are alike, and safe to show.

Everything that changes share is in a table once, and the changes have its position there. Texts pass `clean`, so that
no character of theirs turns the direction of others; sensitive values were hidden before they came here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from reconcile.config.week import DAYS
from reconcile.escaping import clean
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import UNMANAGED, Field, Kind
from reconcile.planning.plan import Change, FieldChange, Plan
from reconcile.planning.waves import InWaves
from reconcile.planning.whole import Values, after, before
from reconcile.providers.pozvonim.assumed import BUTTON_PLACES, NO_BUTTON, WINDOW_PLACES
from reconcile.reports.fields import of_a_week
from reconcile.reports.folding import fold, told
from reconcile.reports.html.pictures import OF_VISITOR, PLACE, ZONE, place, week

#: The changes of a wave that are named.
_FIRST: Final = 3
#: The columns of a row of `changes`.
COLUMNS: Final = (
    "name",
    "id",
    "account",
    "client",
    "group",
    "kind",
    "action",
    "reason",
    "together",
    "variant",
    "week",
    "place",
    "block",
)


class Table:
    """Values that many refer to, each once, by its position; equal ones are those that have the same JSON."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, value: Any) -> int:
        """The position of a value, which is put in where it is new."""
        key = json.dumps(value, ensure_ascii=False, sort_keys=True)
        if key not in self._numbers:
            self._numbers[key] = len(self.rows)
            self.rows.append(value)
        return self._numbers[key]


def report_data(plan: Plan) -> dict[str, Any]:
    """All that the page shows."""
    report = _Report(plan)
    blocks = fold(plan.changes)
    changes = [report.change(change, number) for number, block in enumerate(blocks) for change in block.changes]
    return {
        "summary": plan.summary,
        "complete": not plan.errors,
        "said": _said(plan),
        "undeclared": [
            [clean(name), number, plan.sizes.get(name, number)] for name, number in plan.undeclared.items() if number
        ],
        "rollout": None if plan.rollout is None else _rollout(plan.rollout),
        "columns": COLUMNS,
        "changes": changes,
        "names": report.names.rows,
        "fields": report.fields.rows,
        "values": report.values.rows,
        "variants": report.variants.rows,
        "weeks": report.weeks.rows,
        "places": report.places.rows,
        "assumed": {"button": BUTTON_PLACES, "window": WINDOW_PLACES, "no_button": NO_BUTTON},
    }


def _said(plan: Plan) -> list[dict[str, Any]]:
    """What is said about the plan, the same of many once; errors first, what is to be done by hand last."""
    said = [(one.severity.value, one.message, one.address) for one in plan.diagnostics]
    said += [("manual", step.message, step.address) for step in plan.manual]
    same: dict[tuple[str, str], list[str]] = {}
    for level, message, address in said:
        same.setdefault((level, message), []).append(address)
    order = ("error", "warning", "manual")
    return [
        {"level": level, "message": clean(message), "about": [clean(_human(address)) for address in about if address]}
        for (level, message), about in sorted(same.items(), key=lambda item: order.index(item[0][0]))
    ]


def _rollout(made: InWaves) -> dict[str, Any]:
    """The waves, each with the first of its changes by name, and what comes between them; the pause is in seconds."""
    return {
        "of": made.of_waves,
        "waves": [
            {
                "number": wave.number,
                "name": clean(wave.name),
                "sites": wave.sites,
                "changes": len(wave.changes),
                "first": [clean(one.address.human or str(one.address)) for one in wave.changes[:_FIRST]],
            }
            for wave in made.waves
        ],
        "pause": made.pause,
        "gates": [clean(gate) for gate in made.gates],
        "borne": made.max_failures,
        "on_failure": made.on_failure.value,
        "left_out": [clean(name) for name in made.left_out],
    }


def _human(address: str) -> str:
    return Address.parse(address).shown if "/" in address else address


class _Report:
    """The tables of one report, filled change by change."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.names, self.fields, self.values = Table(), Table(), Table()
        self.variants, self.weeks, self.places = Table(), Table(), Table()
        kind = plan.kinds.get("site")
        self._week_of = _Drawn(
            kind, self.weeks, week, lambda field: of_a_week(field) or field.path in (ZONE, OF_VISITOR)
        )
        self._place_of = _Drawn(kind, self.places, place, lambda field: field.path in PLACE)

    def change(self, change: Change, block: int) -> list[Any]:
        """A row of COLUMNS."""
        pictures = self._pictures(change)
        client = change.address if change.address.kind == "client" else change.client
        return [
            clean(change.address.human),
            change.id,
            self._name(change.address.account),
            self._name(None if client is None else client.name),
            self._name(change.member.group),
            change.address.kind,
            change.action.value,
            self._name(change.reason),
            None if change.together is None else clean(change.together.human),
            self.variants.number(self._fields(change)),
            pictures[0],
            pictures[1],
            block,
        ]

    def _name(self, text: str | None) -> int | None:
        return None if text is None else self.names.number(clean(text))

    # --- what differs, side by side -----------------------------------------------------------------------------------

    def _fields(self, change: Change) -> list[list[int]]:
        """A field, its value before and its value after, each by its number; a schedule is one field."""
        made: list[list[int]] = []
        weeks: dict[tuple[str, ...], list[FieldChange]] = {}
        created = change.action is Action.CREATE
        for item in change.fields if created else told(change):
            if of_a_week(item.field):
                weeks.setdefault(item.field.keys[:-2], []).append(item)
            elif not (created and _goes_without_saying(change, item)):
                made.append(self._field(item))
        for item in change.context:
            if of_a_week(item.field) and item.field.keys[:-2] in weeks:
                weeks[item.field.keys[:-2]].append(item)
        for keys, items in weeks.items():
            made.append(self._week(".".join(keys), items, created=created))
        return made

    def _field(self, item: FieldChange) -> list[int]:
        return [self.fields.number(_described(item.field)), *(self.values.number(_clean(one)) for one in item.shown)]

    def _week(self, path: str, items: Sequence[FieldChange], *, created: bool) -> list[int]:
        """A schedule: for each of its days that is told, the day and from, to and whether anybody answers."""
        sides: list[dict[int, dict[str, Any]]] = [{}, {}]
        for item in items:
            for side, value in zip(sides, item.shown, strict=True):
                side.setdefault(DAYS.index(item.field.keys[-2]), {})[item.field.name] = _clean(value)
        rows = [
            [[day, *(parts.get(part) for part in ("from", "to", "enable"))] for day, parts in sorted(side.items())]
            for side in sides
        ]
        field = {"path": path, "type": "week", "money": False, "undocumented": False, "about": ""}
        return [
            self.fields.number(field),
            self.values.number(None if created else rows[0]),
            self.values.number(rows[1]),
        ]

    # --- pictures -----------------------------------------------------------------------------------------------------

    def _pictures(self, change: Change) -> tuple[_Pair, _Pair]:
        """The week and the place of a site before and after, by their numbers, where they differ."""
        kind = self.plan.kinds.get(change.address.kind)
        if kind is None or change.address.kind != "site":
            return None, None
        sides = before(change), after(kind, change)
        if change.action is Action.UPDATE and None in sides:
            return None, None  # a plan that was made without them
        return self._week_of.pair(sides), self._place_of.pair(sides)


#: The numbers of two pictures, before and after; None where both are the same.
_Pair = list[int | None] | None


class _Drawn:
    """Pictures by the values that they show, each drawn once: thousands of sites have the same."""

    def __init__(
        self,
        kind: Kind | None,
        table: Table,
        draw: Callable[[Mapping[str, Any]], Any],
        needs: Callable[[Field], bool],
    ) -> None:
        self._fields = [] if kind is None else [field for field in kind.fields if needs(field)]
        self._table = table
        self._draw = draw
        self._known: dict[Values, int | None] = {}

    def pair(self, sides: Sequence[Values | None]) -> _Pair:
        """The numbers of the pictures of both sides."""
        numbers = [None if values is None else self._number(values) for values in sides]
        return None if numbers[0] == numbers[1] else numbers

    def _number(self, values: Values) -> int | None:
        own = tuple([values[field.index] for field in self._fields])
        if own not in self._known:
            made = self._draw(
                {
                    field.path: _clean(field.type.show(value))
                    for field, value in zip(self._fields, own, strict=True)
                    if value is not UNMANAGED and value is not None
                }
            )
            self._known[own] = None if made is None else self._table.number(made)
        return self._known[own]


def _goes_without_saying(change: Change, item: FieldChange) -> bool:
    """Whether a new resource has this anyway: its address, or nothing."""
    value = item.shown[1]
    return value in ("", []) or (item.field.path == "url" and value == change.address.name)


def _described(field: Field) -> dict[str, Any]:
    kind = "items" if field.items else "set" if isinstance(field.type.nothing, tuple) else "plain"
    return {
        "path": clean(field.path),
        "type": "plain" if field.sensitive or field.undocumented else kind,
        "money": field.money,
        "undocumented": field.undocumented,
        "about": "" if field.undocumented else field.description,
    }


def _clean(value: Any) -> Any:
    """A shown value with every text in it clean."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): _clean(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    return value
