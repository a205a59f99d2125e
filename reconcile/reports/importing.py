"""What an import found and wrote, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconcile.escaping import clean
from reconcile.importing.report import Report
from reconcile.model.normalize import count
from reconcile.planning.planfile import FORMAT_VERSION
from reconcile.reports.json import text


def import_json(report: Report, profiles: Mapping[str, Mapping[str, Any]]) -> str:
    """The report as data; `profiles` are settings that no file declares."""
    return text(
        {
            "format_version": FORMAT_VERSION,
            "summary": {
                "sites": report.sites,
                "clients": report.clients,
                "fields": report.fields,
                "lines": report.lines,
                "table_rows": report.rows,
                "lines_one_file_per_site": report.alone,
                "declared_already": report.skipped,
                "left_out": report.left_out,
            },
            "shared": dict(report.shared),
            "tables": dict(report.groups),
            "files": list(report.files),
            "profiles": {name: dict(profile) for name, profile in profiles.items()},
            "not_declarable": dict(report.lost),
            "diagnostics": [{"severity": "warning", "message": message} for message in report.warnings],
        }
    )


def import_text(report: Report, profiles: Mapping[str, Mapping[str, Any]]) -> str:
    """The report for people."""
    lines = [f"wrote {file}" for file in report.files]
    if lines:
        lines.append("")
    lines += [f"warning: {warning}" for warning in report.warnings]
    lines += [
        f"warning: {path} of {count(times, 'site')} is nothing that a project can declare, so it is left as it is"
        for path, times in report.lost.items()
    ]
    if report.skipped:
        lines.append(f"{count(report.skipped, 'site')} declared already.")
    for name, profile in profiles.items():
        said = ", ".join(f"{key}: {value}" for key, value in profile.items())
        lines.append(f"The settings of account {name} are not in its file; declare them there: `profile: {{{said}}}`")
    lines.append(_summary(report))
    return "\n".join(map(clean, lines)) + "\n"


def _summary(report: Report) -> str:
    if not report.files:
        return "Nothing to import: everything that is live is declared."
    clients = f" and {count(report.clients, 'client')}" if report.clients else ""
    rows = f" and {count(report.rows, 'row')} of tables" if report.rows else ""
    what = f"{count(report.sites, 'site')}{clients}, {count(report.fields, 'field')}"
    if report.lines + report.rows >= report.alone:  # with few sites there is nothing to share
        return f"Imported {what}: {count(report.lines, 'line')}{rows}."
    alone = f"a file for each site would have taken {count(report.alone, 'line')}{_share(report)}"
    return f"Imported {what}: {count(report.lines, 'line')}{rows}; {alone}."


def _share(report: Report) -> str:
    """How much of that was written, in percent, tables aside and with them."""
    if not report.alone:
        return ""
    share, rows = 100 * report.lines / report.alone, 100 * (report.lines + report.rows) / report.alone
    return f" ({share:.1f} %; {rows:.1f} % with the rows)" if report.rows else f" ({share:.1f} %)"
