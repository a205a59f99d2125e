"""Which file each part of an imported project goes to, and what is in it."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from reconcile.importing.names import Namer, slug
from reconcile.importing.project import Project
from reconcile.importing.tables import Table
from reconcile.importing.yamltext import document
from reconcile.model.fields import schemas

#: More sites than this are a file for each client.
MANY: Final = 100


class Layout(StrEnum):
    """A file for each kind of thing, or for each client with its sites; `auto` takes the second for many sites."""

    AUTO = "auto"
    KINDS = "kinds"
    CLIENTS = "clients"


class Document(Struct, frozen=True):
    """A file of YAML: its path inside the project, and its sections as plain data."""

    file: str
    sections: Mapping[str, Any]

    @property
    def text(self) -> str:
        """What is written."""
        return document(self.sections)


class Laid(Struct, frozen=True):
    """The files of a project: YAML, and tables by their paths."""

    documents: tuple[Document, ...]
    tables: Mapping[str, Table]

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each table has, by its path."""
        return {path: len(table.rows) for path, table in self.tables.items()}


def lay_out(project: Project, layout: Layout, accounts: Mapping[str, Any] | None = None) -> Laid:
    """The files of a project, with their sections in the schema's order; `accounts` are those that it declares by
    itself.
    """
    files: dict[str, dict[str, Any]] = defaultdict(dict)
    if accounts:
        files["reconcile.yaml"] = {"version": 1, "accounts": accounts}
    files["shared.yaml"] = dict(project.shared) | ({"defaults": project.defaults} if project.defaults else {})
    many = len(project.sites) > MANY and len(set(project.owners.values())) > 1
    by_client = layout is Layout.CLIENTS or (layout is Layout.AUTO and many)
    homes = _homes(project) if by_client else {}
    for name, entry in project.clients.items():
        files[homes.get(name, "clients.yaml")].setdefault("clients", {})[name] = entry
    tables = {f"tables/{slug(name) or 'table'}.csv": name for name in project.groups}
    paths = {name: path for path, name in tables.items()}
    groups = {name: {**entry, "from": paths[name]} for name, entry in project.groups.items()}
    if groups:
        files["sites.yaml"]["site_groups"] = groups
    for key, body in project.sites.items():
        files[homes.get(project.owners.get(key, ""), "sites.yaml")].setdefault("sites", {})[key] = body
    return Laid(
        tuple(Document(file, _ordered(sections)) for file, sections in files.items() if sections),
        {path: project.tables[name] for path, name in tables.items()},
    )


def _ordered(sections: Mapping[str, Any]) -> dict[str, Any]:
    return {section: sections[section] for section in schemas()["project"]["properties"] if section in sections}


def _homes(project: Project) -> dict[str, str]:
    """The file of each client that has sites of its own to write."""
    namer = Namer()
    clients = dict.fromkeys(project.owners[key] for key in project.sites if key in project.owners)
    return {name: f"clients/{namer.name(slug(name) or 'client')}.yaml" for name in sorted(clients)}


def table_text(table: Table) -> str:
    """A table as a spreadsheet with Russian settings opens and saves it: semicolons, and UTF-8 with its mark."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return "\ufeff" + out.getvalue()
