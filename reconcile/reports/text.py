"""Plans and apply reports for a terminal: identical changes together, colour where it is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import click

from reconcile.applying.report import Outcome, Report, Result
from reconcile.escaping import clean
from reconcile.model.capabilities import Action
from reconcile.model.normalize import count
from reconcile.planning.plan import Change, Plan, Severity
from reconcile.reports.behind import NAMED, Declared, behind, every_name, head_names, human, in_head
from reconcile.reports.blocks import block_lines
from reconcile.reports.fields import Line
from reconcile.reports.folding import Block, fold
from reconcile.reports.said import said_text, said_texts
from reconcile.reports.tally import tally_text
from reconcile.reports.waves import wave_lines
from reconcile.reports.words import some

#: The sign, the colour and the verb of each action.
SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
COLOURS = {"+": "green", "-": "red", "~": "yellow"}
#: Live sites in no file, and their share of an account, that are worth a line.
MANY: Final = 10
MANY_PERCENT: Final = 10
VERBS = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted"}


def plan_text(plan: Plan, *, colour: bool = False, full: bool = False) -> str:
    """The plan as a person reads it, ending in its summary and whatever is to be said about it.

    A plan of thousands stays short; with `full` every site and every value is shown.
    """
    blocks = fold(plan.changes, full=full)
    parts = ["\n".join(_block(block, plan.declared, colour=colour, full=full)) for block in blocks]
    parts.append(tally_text(plan, colour=colour))
    parts.append("\n".join([*said_texts(plan, colour=colour, full=full), *left_alone(plan), summary_text(plan)]))
    return "\n\n".join(part for part in parts if part) + "\n"


def left_alone(plan: Plan) -> Iterator[str]:
    """That many live sites are declared in no file: somebody may have cut a table in half, or not be done yet."""
    for account, number in plan.undeclared.items():
        if number >= MANY and number > MANY_PERCENT / 100 * plan.sizes.get(account, 0):
            sites = f"{number} of {count(plan.sizes.get(account, number), 'live site')}"
            yield f"note: {clean(account)}: {sites} are declared in no file, and left alone; `import` declares them"


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


def _block(block: Block, declared: Declared, *, colour: bool, full: bool) -> Iterator[str]:
    """A block: what happens, to which fields, and the sites behind it."""
    changes, first = block.changes, block.changes[0]
    sign = SIGNS[first.action]
    yield painted(sign, f"{sign} {_head(first) if len(changes) == 1 else _heads(block, full=full)}", colour)
    yield from details(changes, declared, colour=colour, full=full)


def details(changes: Sequence[Change], declared: Declared, *, colour: bool, full: bool = False) -> Iterator[str]:
    """The lines below the head of a block: its fields, and the sites behind it that are not in the head.

    Of deletes, all of them: nobody should confirm one unseen.
    """
    first = changes[0]
    if first.action is Action.DELETE and len(changes) > 1:
        names = map(known_as, changes) if len(changes) <= NAMED + 1 else every_name(changes, known_as)
        yield from (line_text(Line(SIGNS[first.action], name), colour) for name in names)
        return
    yield from (line_text(line, colour) for line in block_lines(changes))
    if not in_head(changes, full=full):
        sites = every_name(changes) if full else behind(changes, declared)
        yield from (line_text(Line(" ", text), colour) for text in sites)


def _head(change: Change) -> str:
    """`studio/site/acme.ru (id 12) will be updated: differs from reconcile.yaml`."""
    head = f"{clean(change.address.shown)}{id_of(change)} will be {VERBS[change.action]}: {clean(change.reason)}"
    return head if change.together is None else f"{head}; by the same call as its site {clean(change.together.human)}"


def _heads(block: Block, *, full: bool) -> str:
    """`studio, client acme: the same on 2 sites, which will be updated: acme.ru, globex.ru (differs from a.yaml)`."""
    changes, first = block.changes, block.changes[0]
    client = "" if len({change.client for change in changes}) > 1 or first.client is None else first.client.name
    sites, verb = f"{len(changes)} {first.address.kind}s", VERBS[first.action]
    what = f"the same on {sites}, which will be {verb}" if block.same else f"{sites} will be {verb}"
    together = sum(change.together is not None for change in changes)
    return "".join(
        [
            clean(first.address.account),
            f", client {clean(client)}" if client else "",
            f": {what}",
            f": {head_names(changes)}" if first.action is not Action.DELETE and in_head(changes, full=full) else "",
            _why(changes),
            f"; {together} of them by the same call as their sites" if together else "",
        ]
    )


def _why(changes: Sequence[Change]) -> str:
    """The reasons, in brackets; those of updates only where there is one, since the fields say it."""
    reasons = list(dict.fromkeys(clean(change.reason) for change in changes))
    if len(reasons) > 1 and changes[0].action is Action.UPDATE:
        return ""
    more = [f"{len(reasons) - 2} more reasons"] if len(reasons) > 3 else []
    return f" ({'; '.join([*reasons[: 2 if more else 3], *more])})"


def known_as(change: Change) -> str:
    """What is deleted, so that nobody takes it for another."""
    return f"{human(change)}{id_of(change)}"


def id_of(change: Change) -> str:
    """` (id 12, client acme)`, as far as there are any."""
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


#: Changes that failed in the same way and are told each by itself.
APART: Final = 3


def report_text(report: Report, *, colour: bool = False, full: bool = False, said: str = "Apply") -> str:
    """What became of the plan: everything that is not done, and the numbers; where many failed in the same way, that
    is said once, with how many they are. With `full`, each is told by itself. `said` is what it was.
    """
    made = []
    for error, results in _failed(report.results, apart=len(report.results) if full else APART):
        first = results[0]
        word, fg = OUTCOMES[first.outcome]
        mark = click.style(word, fg=fg) if colour else word
        if len(results) == 1:
            made.append(f"{clean(first.address.shown)}: {first.action} {mark}: {clean(error)}")
            continue
        names = some(results, NAMED, lambda result: clean(result.address.human))
        sites = f"{len(results)} {first.address.kind}s ({names})"
        made.append(f"{clean(first.address.account)}: {first.action} {mark} on {sites}: {clean(error)}")
    made += [f"warning: {clean(warning)}" for warning in report.warnings]
    for ended in report.ended:
        left = sum(result.left for result in report.results if result.address.account == ended.account)
        why = f"{ended.why}; {count(left, 'change')} not attempted"
        made.append(said_text(Severity.ERROR, why, [ended.account], colour=colour))
    made += wave_lines(report, colour=colour)
    numbers = report.summary
    rest = [f", {numbers[o]} {word}" for o, (word, _) in OUTCOMES.items() if numbers[o] and o is not Outcome.DONE]
    done = f"{numbers[Outcome.DONE]} of {count(len(report.results), 'change')} done"
    interrupted = "Interrupted. " if report.interrupted else ""
    made.append(f"{interrupted}{said}: {done}{''.join(rest)}. Run {report.run}.")
    return "\n".join(made) + "\n"


def _failed(results: Sequence[Result], apart: int) -> list[tuple[str, list[Result]]]:
    """What is not done, by how: an error, and more than `apart` that have it, or one."""
    same: dict[object, list[Result]] = {}
    for result in results:
        if result.outcome is not Outcome.DONE and not result.left and not result.held_back:
            address = result.address
            how = (address.account, address.kind, result.action, result.outcome, without_id(result.error, result.id))
            same.setdefault(how, []).append(result)
    made: list[tuple[str, list[Result]]] = []
    for found in same.values():
        if len(found) <= apart:
            made += [(result.error, [result]) for result in found]
        else:
            made.append((without_id(found[0].error, found[0].id), found))
    return made


def without_id(error: str, known: int | None) -> str:
    """An error without the id of the resource that it is about, so that it is the same as that of others."""
    return error if known is None else re.sub(rf"(?<=/){known}\b|(?<=site ){known}\b", "…", error)
