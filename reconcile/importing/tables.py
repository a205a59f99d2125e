"""Sites that are alike but for a few values become one group: a template, and a table with a row for each of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from reconcile.importing.names import Namer
from reconcile.importing.values import OMIT
from reconcile.importing.widgets import size
from reconcile.importing.yamltext import lines

#: A table has so many rows at least, and so many columns at most.
ROWS: Final = 20
COLUMNS: Final = 8
#: What fewer sites than this share of a group say otherwise is said of those sites, and is no column.
FEW: Final = 0.05
#: Values that may be said of a single site of a group, and the share of its sites of which something is.
OWN: Final = 3
EXCEPTIONS: Final = 0.1

#: What is said of sites not as one value.
_STRUCTURED: Final = ("account", "client", "id", "managers", "widget", "blacklists")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the names of its columns, and its rows of texts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A site that may become a row: what it says by itself, and how it would say a field that it leaves out."""

    key: str
    body: Mapping[str, Any]
    spell: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The groups by their names, their tables, and the keys of the sites in them."""

    groups: Mapping[str, Any]
    tables: Mapping[str, Table]
    keys: frozenset[str]


def grouped(rows: Iterable[Row], managers: Mapping[str, Any], widget: str, taken: Iterable[str]) -> Grouped:
    """Finds the groups. `managers` are those that have names; `widget` is the one that sites have without saying so."""
    kinds: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if "id" not in row.body and row.key.isprintable():
            kinds[_kind(row.body)].append(row)
    groups: dict[str, Any] = {}
    tables: dict[str, Table] = {}
    keys: set[str] = set()
    namer = Namer(taken)
    for same in sorted(kinds.values(), key=lambda same: (-len(same), same[0].key)):
        made = _Group(same, managers, widget).made() if len(same) >= ROWS else None
        if made is not None:
            name = namer.name(*made.names, "sites")
            groups[name], tables[name] = {"from": name, **made.entry}, made.table
            keys.update(made.keys)
    return Grouped(groups, tables, frozenset(keys))


def _kind(body: Mapping[str, Any]) -> tuple[Any, ...]:
    """What sites of one group have in common: whose they are in the same way, and with as many managers."""
    listed = body.get("managers", OMIT)
    count = len(listed) if isinstance(listed, list) else listed
    return (body.get("account"), "client" in body, body.get("client", "") is None, count)


@dataclass(frozen=True, slots=True)
class _Made:
    names: Sequence[str]
    entry: Mapping[str, Any]
    table: Table
    keys: frozenset[str]


class _Unfit(Exception):
    """A site does not go into the group."""


@dataclass(slots=True)
class _Group:
    """Tries to make one group of sites of one kind."""

    rows: Sequence[Row]
    managers: Mapping[str, Any]
    widget: str
    template: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, Callable[[Row], Any]] = field(default_factory=dict)
    own: list[Callable[[Row], dict[str, Any]]] = field(default_factory=list)

    def made(self) -> _Made | None:
        """The group; None where it would not be shorter, or not be one to read."""
        self.columns["address"] = lambda row: row.key
        self.owner()
        keys = dict.fromkeys(key for row in self.rows for key in row.body if key not in _STRUCTURED)
        for key in keys:
            self.value(key)
        self.listed()
        self.look()
        self.whole("blacklists")
        if not 1 < len(self.columns) <= COLUMNS:
            return None
        rows: dict[str, tuple[str, ...]] = {}
        overrides: dict[str, Any] = {}
        for row in self.rows:
            try:
                cells = tuple(_cell(read(row)) for read in self.columns.values())
                said = {key: value for say in self.own for key, value in say(row).items()}
            except _Unfit:
                continue
            if size(said) <= OWN:
                rows[row.key] = cells
                if said:
                    overrides[row.key] = said
        entry: dict[str, Any] = {"address": "${each.address}"}
        if self.template:
            entry["template"] = self.template
        if overrides:
            entry["overrides"] = overrides
        before = sum(sum(1 for _ in lines({row.key: dict(row.body)}, 2)) for row in self.rows if row.key in rows)
        after = sum(1 for _ in lines({"group": entry}, 2)) + 1
        if len(rows) < ROWS or len(overrides) > EXCEPTIONS * len(rows) or after >= before:
            return None
        client = self.template.get("client")
        names = [client] if isinstance(client, str) and "${" not in client else []
        return _Made(names, entry, Table(tuple(self.columns), tuple(rows.values())), frozenset(rows))

    def owner(self) -> None:
        """Whose the sites are."""
        first = self.rows[0].body
        if "account" in first:
            self.template["account"] = first["account"]
        if "client" in first:
            clients = {row.body["client"] for row in self.rows}
            self.template["client"] = first["client"] if len(clients) == 1 else "${each.client}"
            if len(clients) > 1:
                self.columns["client"] = lambda row: row.body["client"]

    def value(self, key: str) -> None:
        """A field of its own: the same for all, or a column, or said of the few that have another one."""

        def said(row: Row) -> Any:
            return row.body[key] if key in row.body else row.spell(key)

        counts = Counter(_hashable(row.body.get(key, OMIT)) for row in self.rows)
        (most, times), *_ = counts.most_common(1)
        if len(self.rows) - times >= FEW * len(self.rows) and all(_single(said(row)) for row in self.rows):
            self.template[key] = "${each." + key + "}"
            self.columns[key] = said
            return
        common = next(row for row in self.rows if _hashable(row.body.get(key, OMIT)) == most).body.get(key, OMIT)
        if common is not OMIT:
            self.template[key] = common
        self.own.append(lambda row: _otherwise(key, row, common, said))

    def listed(self) -> None:
        """The managers: each of their fields is the same for all, or a column; or they are names in a column."""
        first = self.rows[0].body.get("managers")
        if not isinstance(first, list):
            if first is None and "managers" in self.rows[0].body:
                self.template["managers"] = None
            return
        lists: list[Any] = []
        for position in range(len(first)):
            end = "" if len(first) == 1 else f"_{position + 1}"
            entries = [row.body["managers"][position] for row in self.rows]
            distinct = {entry if isinstance(entry, str) else None for entry in entries}
            if None not in distinct and (len(distinct) == 1 or 2 * len(distinct) <= len(entries)):
                lists.append(entries[0] if len(distinct) == 1 else f"${{each.manager{end}}}")
                if len(distinct) > 1:
                    self.columns[f"manager{end}"] = lambda row, at=position: row.body["managers"][at]  # type: ignore[misc]
                continue
            lists.append(self.manager(position, end))
        self.template["managers"] = lists

    def manager(self, position: int, end: str) -> dict[str, Any]:
        """One manager in place, as each site has another."""

        def part(row: Row, name: str) -> Any:
            entry = row.body["managers"][position]
            whole = self.managers[entry] if isinstance(entry, str) else entry
            return whole.get(name, "")

        made: dict[str, Any] = {}
        first = self.rows[0].body["managers"][position]
        names = [*(self.managers[first] if isinstance(first, str) else first)]
        for row in self.rows:
            entry = row.body["managers"][position]
            names += [name for name in (self.managers[entry] if isinstance(entry, str) else entry) if name not in names]
        for name in names:
            values = {part(row, name) for row in self.rows}
            made[name] = values.pop() if len(values) == 1 else "${each." + name + end + "}"
            if values:
                self.columns[name + end] = lambda row, name=name: part(row, name)  # type: ignore[misc]
        return made

    def look(self) -> None:
        """The widget: a name, the same for all or a column, and what single sites say over it."""

        def name(row: Row) -> str:
            raw = row.body.get("widget", self.widget)
            found = raw.get("extends", self.widget) if isinstance(raw, dict) else raw
            return found if isinstance(found, str) else ""

        counts = Counter(name(row) for row in self.rows)
        (most, times), *_ = counts.most_common(1)
        column = len(self.rows) - times >= FEW * len(self.rows) and "" not in counts
        if column:
            self.template["widget"] = "${each.widget}"
            self.columns["widget"] = name
        elif most != self.widget:
            self.template["widget"] = most

        def own(row: Row) -> dict[str, Any]:
            raw = row.body.get("widget", {})
            if not column and name(row) != most:
                raise _Unfit
            rest = {key: value for key, value in raw.items() if key != "extends"} if isinstance(raw, dict) else {}
            return {"widget": rest} if rest else {}

        self.own.append(own)

    def whole(self, key: str) -> None:
        """What is said as a whole: as most say it, or of those that say it otherwise."""
        counts = Counter(_hashable(row.body.get(key, OMIT)) for row in self.rows)
        (most, _), *_ = counts.most_common(1)
        common = next(row for row in self.rows if _hashable(row.body.get(key, OMIT)) == most).body.get(key, OMIT)
        if common is not OMIT:
            self.template[key] = common

        def own(row: Row) -> dict[str, Any]:
            value = row.body.get(key, OMIT)
            if value == common:
                return {}
            if value is OMIT:
                raise _Unfit
            return {key: value}

        self.own.append(own)


def _otherwise(key: str, row: Row, common: Any, said: Callable[[Row], Any]) -> dict[str, Any]:
    """What a site says of a field of which most say something else."""
    value = row.body.get(key, OMIT)
    if _hashable(value) == _hashable(common):
        return {}
    value = said(row) if value is OMIT else value
    if value is OMIT:
        raise _Unfit
    return {key: value}


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str | int) or value is OMIT else repr(value)


def _single(value: Any) -> bool:
    """Whether a value can be a cell."""
    return isinstance(value, int) or (isinstance(value, str) and value.isprintable())


def _cell(value: Any) -> str:
    """A value as a cell, in which nothing is ever looked for."""
    if not _single(value):
        raise _Unfit
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.replace("$${", "${") if isinstance(value, str) else str(value)
