"""The whole of an import on one page: what is live, as files that declare it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from reconcile.importing.files import write_new
from reconcile.importing.layout import Layout, lay_out, table_text
from reconcile.importing.project import Project
from reconcile.importing.report import Report
from reconcile.model.editors import SCHEMA_FILE, modeline, schema_text


def texts_of(
    project: Project, layout: Layout, accounts: Mapping[str, Any] | None = None
) -> tuple[dict[str, str], Report]:
    """The files by their paths, and the project's report with their sizes."""
    laid = lay_out(project, layout, accounts)
    texts = {document.file: document.text for document in laid.documents}
    count = sum(text.count("\n") for text in texts.values())
    texts |= {path: table_text(table) for path, table in laid.tables.items()}
    return texts, project.report.with_files(texts, count, laid.rows)


def write(root: Path, project: Project, layout: Layout, accounts: Mapping[str, Any] | None = None) -> Report:
    """Writes the files of a project that is new, all or none. Raises `ReconcileError`, `OSError`.

    They name the schema for editors where the project keeps it; one that begins with `accounts` does from now on.
    """
    texts, report = texts_of(project, layout, accounts)
    known = (root / SCHEMA_FILE).is_file()
    if known or accounts:
        texts = {file: modeline(file) + text if file.endswith(".yaml") else text for file, text in texts.items()}
    if accounts and not known:
        texts[SCHEMA_FILE] = schema_text()
        report = replace(report, files=(*report.files, SCHEMA_FILE))
    if texts:
        write_new(root, texts)
    return report
