"""Plans, apply reports and errors as JSON (design, section 4)."""

from __future__ import annotations

import json
from typing import Any

from reconcile.applying.report import Report
from reconcile.errors import ConfigError, PlanError, ReconcileError
from reconcile.planning.plan import Plan
from reconcile.planning.planfile import FORMAT_VERSION, plan_data


def text(data: Any) -> str:
    """Plain data as JSON text with a line end."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def plan_json(plan: Plan) -> str:
    """A plan."""
    return text(plan_data(plan))


def report_json(report: Report) -> str:
    """An apply report."""
    return text(
        {
            "format_version": FORMAT_VERSION,
            "run": report.run,
            "summary": report.summary,
            "outcomes": [
                {
                    "address": str(result.address),
                    "action": result.action.value,
                    "outcome": result.outcome.value,
                    "id": result.id,
                    "error": result.error or None,
                }
                for result in report.results
            ],
            "warnings": list(report.warnings),
            "diagnostics": [
                {"severity": "error", "address": ended.account, "message": ended.why} for ended in report.ended
            ],
        }
    )


def error_json(error: ReconcileError) -> str:
    """An error that ended a command, in the shape of a plan's diagnostics."""
    if isinstance(error, ConfigError):
        diagnostics = [
            {"severity": "error", "file": p.file, "line": p.line, "column": p.column, "message": p.message}
            for p in error.problems
        ]
    elif isinstance(error, PlanError) and error.said:
        diagnostics = [{"severity": "error", "address": one.address, "message": one.message} for one in error.said]
    else:
        diagnostics = [{"severity": "error", "message": str(error)}]
    return text({"format_version": FORMAT_VERSION, "diagnostics": diagnostics})
