"""The formats of plans and of checked projects: names, and what renders each, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconcile.errors import ReconcileError
    from reconcile.planning.plan import Plan
    from reconcile.reports.annotations import Checked, PathOf

#: What a plan can be rendered as, by `Callable[[Plan], str]`.
PLANS: Final = {
    "text": "reconcile.reports.text:plan_text",
    "json": "reconcile.reports.json:plan_json",
    "markdown": "reconcile.reports.markdown:plan_markdown",
    "html": "reconcile.reports.html:plan_html",
    "terraform": "reconcile.reports.terraform:plan_terraform",
}
#: Of those, what can show every site by itself: `full=True`.
_FULL: Final = ("text", "markdown")
#: And what stands by itself, away from the messages of the command that made it.
_APART: Final = ("markdown", "html")
#: And what has the refusal in its headline, too: `refused=True`.
_HEADED: Final = ("html",)
#: What becomes of an error that a command ended with instead of a plan, by `Callable[[ReconcileError], str]`.
_ERRORS: Final = {
    "text": "reconcile.reports.failed:error_text",
    "json": "reconcile.reports.json:error_json",
    "markdown": "reconcile.reports.failed:error_markdown",
    "html": "reconcile.reports.failed:error_html",
    "terraform": "reconcile.reports.terraform:error_terraform",
}
#: What a checked project can be rendered as, by `Callable[[Checked], str]`.
CHECKS: Final = {
    "text": "reconcile.reports.annotations:checked_text",
    "json": "reconcile.reports.annotations:checked_json",
    "junit": "reconcile.reports.annotations.junit:checked_junit",
    "sarif": "reconcile.reports.annotations.sarif:checked_sarif",
    "github": "reconcile.reports.annotations.github:checked_github",
    "gitlab": "reconcile.reports.annotations.gitlab:checked_gitlab",
}


def plan_as(form: str, plan: Plan, *, full: bool = False, refused: Sequence[str] = ()) -> str:
    """A plan in one of the formats of `PLANS`. `refused` is why `apply` would not carry it out."""
    if refused and form in _APART:
        plan = _with_warnings(plan, [f"apply will refuse this plan: {why}" for why in refused])
    options = {"full": full} if form in _FULL else {"refused": bool(refused)} if form in _HEADED else {}
    return _rendered(PLANS[form], plan, **options)


def checked_as(form: str, checked: Checked) -> str:
    """What is wrong with a project, in one of the formats of `CHECKS`."""
    return _rendered(CHECKS[form], checked)


def error_as(form: str, error: ReconcileError, path_of: PathOf) -> str | None:
    """An error as a document in the format of what a command was to give; None where that is no format of these."""
    if form in _ERRORS:
        return _rendered(_ERRORS[form], error)
    if form not in CHECKS:
        return None
    from reconcile.reports.annotations import from_error

    return checked_as(form, from_error(error, path_of))


def _with_warnings(plan: Plan, messages: Sequence[str]) -> Plan:
    from reconcile.planning.plan import Diagnostic, Severity

    said = [Diagnostic(Severity.WARNING, "", message) for message in messages]
    return replace(plan, diagnostics=(*plan.diagnostics, *said))


def _rendered(where: str, value: Any, **options: Any) -> str:
    module, _, name = where.partition(":")
    text: str = getattr(import_module(module), name)(value, **options)
    return text
