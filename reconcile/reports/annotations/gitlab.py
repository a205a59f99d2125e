"""GitLab's code quality report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format"""

from __future__ import annotations

from typing import Final

from reconcile.planning.plan import Severity
from reconcile.reports.annotations import Checked, fingerprints, shown_path
from reconcile.reports.json import text

_SEVERITIES: Final = {Severity.ERROR: "critical", Severity.WARNING: "minor"}


def checked_gitlab(checked: Checked) -> str:
    """A list, empty for a project without problems."""
    marks = fingerprints(checked.found)
    return text(
        [
            {
                "description": one.text,
                "check_name": f"reconcile/{one.rule}",
                "fingerprint": mark,
                "severity": _SEVERITIES[one.level],
                "location": {"path": shown_path(one), "lines": {"begin": max(one.line, 1)}},
            }
            for one, mark in zip(checked.found, marks, strict=True)
        ]
    )
