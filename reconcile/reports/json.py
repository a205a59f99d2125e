"""Plans, apply reports and errors as JSON (design, section 4)."""

from __future__ import annotations

import json
from typing import Any

from reconcile.applying.report import Report, Result, WaveReport
from reconcile.errors import ConfigError, PlanError, PolicyError, ReconcileError
from reconcile.escaping import clean_json
from reconcile.planning.plan import Diagnostic, Plan
from reconcile.planning.planfile import FORMAT_VERSION, diagnostic_data, plan_data


def text(data: Any) -> str:
    """Plain data as JSON text with a line end."""
    return clean_json(json.dumps(data, ensure_ascii=False, indent=2)) + "\n"


def plan_json(plan: Plan) -> str:
    """A plan."""
    return text(plan_data(plan))


def report_json(report: Report, rollback: Report | ReconcileError | None = None) -> str:
    """An apply report; `rollback` is that of the run which took the rollout back, or why none could."""
    data = {"format_version": FORMAT_VERSION, **_report_data(report)}
    if isinstance(rollback, Report):
        data["rollback"] = _report_data(rollback)
    elif rollback is not None:
        data["rollback"] = {"diagnostics": [{"severity": "error", "message": str(rollback)}]}
    return text(data)


def _report_data(report: Report) -> dict[str, Any]:
    over = report.over
    rollout = {} if not report.waves else {"of_waves": report.of_waves, "waves": [_wave_data(w) for w in report.waves]}
    return {
        "run": report.run,
        "summary": report.summary,
        **rollout,
        "outcomes": [_result_data(result) for result in report.results],
        "diagnostics": [{"severity": "error", "address": ended.account, "message": ended.why} for ended in report.ended]
        + ([] if over is None else [{"severity": "error", "message": f"wave {over.number}: {over.why}"}])
        + [{"severity": "warning", "message": warning} for warning in report.warnings],
    }


def _result_data(result: Result) -> dict[str, Any]:
    return {
        "address": str(result.address),
        "action": result.action.value,
        "outcome": result.outcome.value,
        "id": result.id,
        "error": result.error or None,
    }


def _wave_data(wave: WaveReport) -> dict[str, Any]:
    return {
        "wave": wave.number,
        "name": wave.name,
        "summary": wave.summary,
        "gates": [{"gate": one.gate, "passed": one.passed, "note": one.note or None} for one in wave.verdicts],
        "ended_rollout": wave.why or None,
    }


def wave_json(wave: WaveReport, run: str, of_waves: int) -> str:
    """The report of one wave, as a gate's command gets it."""
    data = {"run": run, "wave": wave.number, "of_waves": of_waves, "name": wave.name, "summary": wave.summary}
    return text({"format_version": FORMAT_VERSION, **data, "outcomes": [_result_data(one) for one in wave.results]})


def error_json(error: ReconcileError) -> str:
    """An error that ended a command, in the shape of a plan's diagnostics."""
    return text({"format_version": FORMAT_VERSION, "diagnostics": diagnostics_of(error)})


def diagnostics_of(error: ReconcileError) -> list[dict[str, Any]]:
    """An error as plain data: what is said of places in files, of resources, or of nothing in particular."""
    if isinstance(error, ConfigError):
        return [
            {"severity": "error", "file": p.file, "line": p.line, "column": p.column, "message": p.message}
            for p in error.problems
        ]
    if isinstance(error, PolicyError):
        breaches = [diagnostic_data(one) for one in error.said if isinstance(one, Diagnostic)]
        return [{"severity": "error", "message": str(error)}, *breaches]
    if isinstance(error, PlanError) and error.said:
        return [{"severity": "error", "address": one.address, "message": one.message} for one in error.said]
    return [{"severity": "error", "message": str(error)}]
