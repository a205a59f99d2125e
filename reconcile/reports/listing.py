"""What a selection holds, as a table and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from reconcile.model.address import Address
from reconcile.model.resource import Membership
from reconcile.planning.planfile import FORMAT_VERSION
from reconcile.reports.json import text
from reconcile.reports.tables import Column, Table


class Entry(Struct, frozen=True):
    """A resource that a selection holds; what is only live stands in no file. `action` is what a plan would do."""

    address: Address
    client: str | None
    member: Membership
    file: str = ""
    line: int = 0
    action: str | None = None

    @property
    def at(self) -> str | None:
        """`sites.yaml:12`."""
        return f"{self.file}:{self.line}" if self.file else None


def listing_table(entries: Sequence[Entry], *, planned: bool) -> Table:
    """A row a resource; `planned`: with what would be done."""
    columns = [
        Column("address", "Address"),
        Column("kind", "Kind"),
        Column("client", "Client"),
        Column("group", "Group"),
        Column("labels", "Labels"),
        *([Column("action", "Action")] if planned else []),
        Column("at", "Declared at"),
    ]
    rows = []
    for one in entries:
        labels = " ".join(f"{key}={value}" for key, value in one.member.labels.items())
        action = [one.action] if planned else []
        group = one.member.group
        rows.append((one.address.shown, one.address.kind, one.client, group, labels or None, *action, one.at))
    return Table(columns, rows)


def listing_json(entries: Sequence[Entry], *, planned: bool) -> str:
    """All that is known of each resource."""
    resources = [
        {
            "address": str(one.address),
            "kind": one.address.kind,
            "account": one.address.account,
            "client": one.client,
            "group": one.member.group,
            "labels": dict(one.member.labels),
            "uses": sorted(one.member.uses),
            "file": one.file or None,
            "line": one.line or None,
        }
        | ({"action": one.action} if planned else {})
        for one in entries
    ]
    return text({"format_version": FORMAT_VERSION, "resources": resources})


def counts(entries: Iterable[Entry], by: str) -> list[tuple[str, int]]:
    """How many resources there are of each client, label, widget or so, the most first."""
    found = Counter(name for one in entries for name in _names(one, by))
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def _names(entry: Entry, by: str) -> Iterator[str]:
    match by:
        case "account":
            yield entry.address.account
        case "kind":
            yield entry.address.kind
        case "client":
            yield from [entry.client] if entry.client is not None else []
        case "group":
            yield from [entry.member.group] if entry.member.group is not None else []
        case "label":
            yield from (f"{key}={value}" for key, value in entry.member.labels.items())
        case _:
            yield from (use.removeprefix(f"{by}/") for use in entry.member.uses if use.startswith(f"{by}/"))


def counts_table(counted: Sequence[tuple[str, int]], by: str) -> Table:
    """A row a name."""
    return Table([Column(by, by.capitalize()), Column("resources", "Resources", right=True)], counted)


def counts_json(counted: Sequence[tuple[str, int]], by: str) -> str:
    """The counts by name."""
    return text({"format_version": FORMAT_VERSION, "by": by, "resources": dict(counted)})
