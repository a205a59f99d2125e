"""Sites that are alike but for a few values become one group: a template, and a table with a row for each of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from msgspec import Struct, field

from reconcile.importing.names import Namer
from reconcile.importing.parts import size
from reconcile.importing.values import OMIT
from reconcile.importing.yamltext import lines
from reconcile.model.fields import schemas

#: A table has so many rows at least, and so many columns at most.
ROWS: Final = 20
COLUMNS: Final = 8
#: What fewer sites than this share of a group say otherwise is said of those sites, and is no column.
FEW: Final = 0.05
#: Values that may be said of a single site of a group, and the share of its sites of which something is.
OWN: Final = 3
EXCEPTIONS: Final = 0.1

#: A table of nothing but addresses has so many rows at least.
BARE_ROWS: Final = 100
#: A table that is imported says that it has so much of its rows at least, in percent: one that is cut in half by
#: accident is an error, and a tenth may go before somebody has to say so.
KEPT: Final = 90
#: Sites whose lines are counted to know those of all.
SAMPLE: Final = 200

#: What is said of sites not as one value.
_STRUCTURED: Final = ("account", "client", "id", "managers", "widget", "blacklists")


#: How a site, by its key, says a field that it leaves out; OMIT where it can't.
Spell = Callable[[str, str], Any]


class Table(Struct, frozen=True):
    """A table: the names of its columns, and its rows of texts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Row(Struct, frozen=True):
    """A site that may become a row, and what it says by itself."""

    key: str
    body: Mapping[str, Any]


class Grouped(Struct, frozen=True):
    """The groups by their names, their tables, the keys of the sites in them, and the managers that they name."""

    groups: Mapping[str, Any]
    tables: Mapping[str, Table]
    keys: frozenset[str]
    managers: frozenset[str]


def grouped(
    rows: Iterable[Row],
    spell: Spell,
    managers: Mapping[str, Any],
    widget: str,
    taken: Iterable[str],
    declared: AbstractSet[str],
) -> Grouped:
    """Finds the groups. `managers` are those that have names, the `declared` ones whether somebody uses them or not;
    `widget` is the one that sites have without saying so."""
    kinds: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if "id" not in row.body and row.key.isprintable():
            kinds[_kind(row.body)].append(row)
    groups: dict[str, Any] = {}
    tables: dict[str, Table] = {}
    keys: set[str] = set()
    named: set[str] = set()
    namer = Namer(taken)
    for same in sorted(kinds.values(), key=lambda same: (-len(same), same[0].key)):
        made = _Group(same, spell, managers, widget, declared).made() if len(same) >= ROWS else None
        if made is not None:
            name = namer.name(*made.names, "sites")
            groups[name], tables[name] = {"from": name, **made.entry}, made.table
            keys.update(made.keys)
            named.update(made.managers)
    return Grouped(groups, tables, frozenset(keys), frozenset(named))


def _kind(body: Mapping[str, Any]) -> tuple[Any, ...]:
    """What sites of one group have in common: whose they are in the same way, and with as many managers."""
    listed = body.get("managers", OMIT)
    count = len(listed) if isinstance(listed, list) else listed
    return (body.get("account"), "client" in body, body.get("client", "") is None, count)


class _Made(Struct, frozen=True):
    names: Sequence[str]
    entry: Mapping[str, Any]
    table: Table
    keys: frozenset[str]
    managers: Iterable[str]


class _Group(Struct):
    """Tries to make one group of sites of one kind.

    `cells` are those of each column, a cell for each row; `own` is what is said of single rows besides; `unfit` are the
    rows that don't go into the group.
    """

    rows: Sequence[Row]
    spell: Spell
    managers: Mapping[str, Any]
    widget: str
    declared: AbstractSet[str]
    template: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, Sequence[Any]] = field(default_factory=dict)
    own: dict[int, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    unfit: set[int] = field(default_factory=set)
    named: set[str] = field(default_factory=set)

    def made(self) -> _Made | None:
        """The group; None where it would not be shorter, or not be one to read."""
        self.cells["address"] = [row.key for row in self.rows]
        self.owner()
        for key in dict.fromkeys(key for row in self.rows for key in row.body if key not in _STRUCTURED):
            self.value(key)
        self.listed()
        self.look()
        self.blacklists()
        if len(self.cells) > COLUMNS:
            return None
        for column in self.cells.values():
            self.unfit.update(number for number, cell in enumerate(column) if not _single(cell))
        self.unfit.update(number for number, said in self.own.items() if size(said) > OWN)
        fit = [number for number in range(len(self.rows)) if number not in self.unfit]
        overrides = {self.rows[number].key: _in_order(self.own[number]) for number in fit if self.own.get(number)}
        enough = ROWS if len(self.cells) > 1 else BARE_ROWS
        if len(fit) < enough or len(overrides) > EXCEPTIONS * len(fit):
            return None
        entry: dict[str, Any] = {"address": "${each.address}"}
        if self.template:
            entry["template"] = _in_order(self.template)
        if overrides:
            entry["overrides"] = overrides
        entry["min_rows"] = len(fit) * KEPT // 100
        if sum(1 for _ in lines({"group": entry}, 2)) + 1 >= self.before(fit):
            return None
        columns = [[_cell(column[number]) for number in fit] for column in self.cells.values()]
        client = self.template.get("client")
        names = [client] if isinstance(client, str) and "${" not in client else []
        table = Table(tuple(self.cells), tuple(zip(*columns, strict=True)))
        return _Made(names, entry, table, frozenset(self.rows[number].key for number in fit), self.named)

    def before(self, fit: Sequence[int]) -> float:
        """How many lines the sites take otherwise, judged by some of them."""
        some = fit[:: max(len(fit) // SAMPLE, 1)]
        counted = sum(1 for number in some for _ in lines({self.rows[number].key: dict(self.rows[number].body)}, 2))
        return counted / len(some) * len(fit)

    def owner(self) -> None:
        """Whose the sites are."""
        first = self.rows[0].body
        if "account" in first:
            self.template["account"] = first["account"]
        if "client" in first:
            self.same_or_column("client", [row.body["client"] for row in self.rows])

    def same_or_column(self, key: str, values: Sequence[Any]) -> None:
        """A value of all sites, or a column."""
        if all(value == values[0] for value in values):
            self.template[key] = values[0]
        else:
            self.template[key] = "${each." + key + "}"
            self.cells[key] = values

    def value(self, key: str) -> None:
        """A field of its own: the same for all, or a column, or said of the few that have another one."""
        values = [row.body.get(key, OMIT) for row in self.rows]
        common, others = _most(values)
        if len(others) >= FEW * len(self.rows):
            said = [
                self.spell(row.key, key) if value is OMIT else value
                for row, value in zip(self.rows, values, strict=True)
            ]
            if all(map(_single, said)):
                self.template[key] = "${each." + key + "}"
                self.cells[key] = said
                return
        if common is not OMIT:
            self.template[key] = common
        for number in others:
            value = self.spell(self.rows[number].key, key) if values[number] is OMIT else values[number]
            self.say(number, key, value)

    def say(self, number: int, key: str, value: Any) -> None:
        """Something of a single site, over the template."""
        if value is OMIT:
            self.unfit.add(number)
        else:
            self.own[number][key] = value

    def listed(self) -> None:
        """The managers: each of their fields is the same for all, or a column; or they are names in a column."""
        if "managers" not in self.rows[0].body:
            return
        first = self.rows[0].body["managers"]
        if first is None:
            self.template["managers"] = None
            return
        made: list[Any] = []
        for position in range(len(first)):
            end = "" if len(first) == 1 else f"_{position + 1}"
            entries = [row.body["managers"][position] for row in self.rows]
            names = {entry if isinstance(entry, str) else None for entry in entries}
            if None in names or (len(names) > 1 and 2 * len(names - self.declared) > len(entries)):
                made.append(self.manager(entries, end))
                continue
            self.named.update(entries)
            if len(names) == 1:
                made.append(entries[0])
            else:
                made.append("${each.manager" + end + "}")
                self.cells["manager" + end] = entries
        self.template["managers"] = made

    def manager(self, entries: Sequence[Any], end: str) -> dict[str, Any]:
        """A manager in place, where each site has another."""
        whole = [self.managers[entry] if isinstance(entry, str) else entry for entry in entries]
        made: dict[str, Any] = {}
        for name in dict.fromkeys(name for entry in whole for name in entry):
            values = [entry.get(name, "") for entry in whole]
            if all(value == values[0] for value in values):
                made[name] = values[0]
            else:
                made[name] = "${each." + name + end + "}"
                self.cells[name + end] = values
        return made

    def look(self) -> None:
        """The widget: a name, the same for all or a column, and what single sites say over it."""
        raws = [row.body.get("widget", self.widget) for row in self.rows]
        names = [raw.get("extends", self.widget) if isinstance(raw, dict) else raw for raw in raws]
        common, others = _most(names)
        if len(others) >= FEW * len(self.rows) and all(isinstance(name, str) and name for name in names):
            self.template["widget"] = "${each.widget}"
            self.cells["widget"] = names
        else:
            self.unfit.update(others)
            if common != self.widget:
                self.template["widget"] = common
        for number, raw in enumerate(raws):
            if isinstance(raw, dict) and (rest := {key: value for key, value in raw.items() if key != "extends"}):
                self.own[number]["widget"] = rest

    def blacklists(self) -> None:
        """The blacklists: as most sites have them, or as single ones do."""
        values = [row.body.get("blacklists", OMIT) for row in self.rows]
        common, others = _most(values)
        if common is not OMIT:
            self.template["blacklists"] = common
        for number in others:
            self.say(number, "blacklists", values[number])


def _in_order(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a site in the order of the schema: what the first row leaves out comes late otherwise."""
    return {key: said[key] for key in schemas()["site"]["properties"] if key in said}


def _most(values: Sequence[Any]) -> tuple[Any, Sequence[int]]:
    """What most have, and the numbers of those that have something else."""
    known = [value if isinstance(value, str | int) or value is OMIT else repr(value) for value in values]
    (most, times), *_ = Counter(known).most_common(1)
    others = [number for number, value in enumerate(known) if value != most] if times < len(known) else []
    return values[known.index(most)], others


def _single(value: Any) -> bool:
    """Whether a value can be a cell."""
    return isinstance(value, int) or (isinstance(value, str) and value.isprintable())


def _cell(value: Any) -> str:
    """A value as a cell, in which nothing is ever looked for."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.replace("$${", "${") if isinstance(value, str) else str(value)
