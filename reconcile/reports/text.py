"""Plans and apply reports for a terminal: identical changes together, colour where it is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from reconcile.applying.report import Outcome, Report
from reconcile.escaping import clean
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.normalize import count
from reconcile.planning.plan import Change, Diagnostic, ManualStep, Plan, Severity
from reconcile.reports.fields import Line, lines
from reconcile.reports.waves import wave_lines
from reconcile.reports.words import some

#: The sign, the colour and the verb of each action.
SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
COLOURS = {"+": "green", "-": "red", "~": "yellow"}
VERBS = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted"}


def plan_text(plan: Plan, *, colour: bool = False) -> str:
    """The plan as a person reads it, ending in its summary and whatever is to be said about it."""
    parts = ["\n".join(_block(group, colour=colour)) for group in _groups(plan.changes)]
    parts.append(_said(plan, colour=colour))
    return "\n\n".join(part for part in parts if part) + "\n"


def _said(plan: Plan, *, colour: bool) -> str:
    return "\n".join([*said_texts(plan, colour=colour), summary_text(plan)])


def said_texts(plan: Plan, *, colour: bool = False) -> list[str]:
    """What is to be said about a plan, and the steps by hand, a line each."""
    texts = [diagnostic_text(d, colour=colour) for d in plan.diagnostics]
    return [*texts, *(manual_text(step, colour=colour) for step in plan.manual)]


def summary_text(plan: Plan) -> str:
    """`Plan: 1 to create, 12 to update, 0 to delete; 40 unchanged.`, and how much there is to do by hand."""
    made = plan.summary
    by_hand = f" {count(len(plan.manual), 'step')} to do by hand." if plan.manual else ""
    if not plan.changes:
        if plan.errors:
            return "Plan: incomplete, see the errors above."
        done = f" {count(plan.noop, 'resource')} as declared." if plan.noop else "" if by_hand else " Nothing to do."
        return f"No changes.{done}{by_hand}"
    incomplete = " Incomplete, see the errors above." if plan.errors else ""
    return (
        f"Plan: {made['create']} to create, {made['update']} to update, {made['delete']} to delete; "
        f"{made['noop']} unchanged.{by_hand}{incomplete}"
    )


def diagnostic_text(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """A diagnostic on a line of its own."""
    word = diagnostic.severity.value
    mark = click.style(word, fg="red" if diagnostic.severity is Severity.ERROR else "yellow", bold=True)
    return f"{mark if colour else word}: {clean(_human(diagnostic.address))}: {clean(diagnostic.message)}"


def manual_text(step: ManualStep, *, colour: bool = False) -> str:
    """What a person has to do, on a line of its own."""
    mark = click.style("by hand", fg="magenta", bold=True) if colour else "by hand"
    return f"{mark}: {clean(_human(step.address))}: {clean(step.message)}"


def _human(address: str) -> str:
    """The address of a resource with Cyrillic domains readable; an account's name as it is."""
    return Address.parse(address).shown if "/" in address else address


def _groups(changes: Iterable[Change]) -> list[list[Change]]:
    """Changes that are the same but for the site, together; in the order of their first addresses."""
    groups: dict[object, list[Change]] = {}
    for change in changes:
        same = tuple(
            (item.field.path, item.before, item.after)
            for item in change.fields
            if change.action is not Action.CREATE or item.field.path != "url"
        )
        reason = "" if change.action is Action.UPDATE else change.reason
        where = (change.address.account, change.address.kind, change.client)
        groups.setdefault((where, change.action, reason, same), []).append(change)
    return list(groups.values())


def _block(group: list[Change], *, colour: bool) -> Iterator[str]:
    first = group[0]
    sign = SIGNS[first.action]
    names = [clean(change.address.human) for change in group]
    verb = VERBS[first.action]
    if len(group) == 1:
        head = f"{clean(first.address.shown)}{_id(first)} will be {verb}: {clean(first.reason)}"
        if first.together is not None:
            head += f"; by the same call as its site {clean(first.together.human)}"
    else:
        under = "" if first.client is None else f", client {clean(first.client.name)}"
        what = f"{clean(first.address.account)}{under}: the same on {len(group)} {first.address.kind}s"
        reasons = {change.reason for change in group}
        why = f" ({clean(first.reason)})" if len(reasons) == 1 else ""
        # Nobody should confirm a delete unseen: each is on a line of its own below.
        which = "" if first.action is Action.DELETE else f": {some(names, 12)}"
        head = f"{what}, which will be {verb}{which}{why}"
    yield painted(sign, f"{sign} {head}", colour)
    if first.action is Action.DELETE and len(group) > 1:
        for change, name in zip(group, names, strict=True):
            yield line_text(Line(sign, f"{name}{_id(change)}"), colour)
    shown = first.fields
    if first.action is Action.CREATE:
        shown = tuple(
            i for i in shown if i.field.path != "url" or (len(group) == 1 and i.shown[1] != first.address.name)
        )
    for line in lines(shown, first.context, created=first.action is Action.CREATE):
        yield line_text(line, colour)


def _id(change: Change) -> str:
    parts = [f"id {change.id}"] if change.id else []
    if change.client is not None:
        parts.append(f"client {clean(change.client.name)}")
    return f" ({', '.join(parts)})" if parts else ""


def line_text(line: Line, colour: bool) -> str:
    """A line of a change, indented."""
    return "    " + "  " * line.depth + painted(line.sign, f"{line.sign} {line.text}", colour)


def painted(sign: str, text: str, colour: bool) -> str:
    """Text in the colour of its sign."""
    return click.style(text, fg=COLOURS.get(sign)) if colour else text


# --- after an apply ---------------------------------------------------------------------------------------------------

#: What each outcome is called, and its colour.
OUTCOMES = {
    Outcome.DONE: ("done", "green"),
    Outcome.FAILED: ("failed", "red"),
    Outcome.NOT_ATTEMPTED: ("not attempted", "yellow"),
    Outcome.UNKNOWN: ("outcome unknown", "red"),
}


def report_text(report: Report, *, colour: bool = False) -> str:
    """What became of the plan: everything that is not done by name, and the numbers."""
    made = []
    for result in report.results:
        if result.outcome is Outcome.DONE or result.left or result.held_back:
            continue
        word, fg = OUTCOMES[result.outcome]
        mark = click.style(word, fg=fg) if colour else word
        made.append(f"{clean(result.address.shown)}: {result.action} {mark}: {clean(result.error)}")
    made += [f"warning: {clean(warning)}" for warning in report.warnings]
    for ended in report.ended:
        left = sum(result.left for result in report.results if result.address.account == ended.account)
        said = f"{ended.why}; {count(left, 'change')} not attempted"
        made.append(diagnostic_text(Diagnostic(Severity.ERROR, ended.account, said), colour=colour))
    made += wave_lines(report, colour=colour)
    numbers = report.summary
    rest = [f", {numbers[o]} {word}" for o, (word, _) in OUTCOMES.items() if numbers[o] and o is not Outcome.DONE]
    done = f"{numbers[Outcome.DONE]} of {count(len(report.results), 'change')} done"
    interrupted = "Interrupted. " if report.interrupted else ""
    made.append(f"{interrupted}Apply: {done}{''.join(rest)}. Run {report.run}.")
    return "\n".join(made) + "\n"
