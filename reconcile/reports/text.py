"""Plans and apply reports for a terminal: identical changes together, colour where it is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import click

from reconcile.escaping import clean
from reconcile.model.normalize import count
from reconcile.planning.plan import Change, Plan
from reconcile.reports.behind import Declared
from reconcile.reports.fields import Line
from reconcile.reports.folding import Block, fold
from reconcile.reports.heads import SIGNS, below, head
from reconcile.reports.said import said_texts
from reconcile.reports.tally import tally_text

#: The colour of each sign.
COLOURS: Final = {"+": "green", "-": "red", "~": "yellow"}


def plan_text(plan: Plan, *, colour: bool = False, full: bool = False) -> str:
    """The plan as a person reads it, ending in its summary and whatever is to be said about it.

    A plan of thousands stays short; with `full` every site and every value is shown.
    """
    blocks = fold(plan.changes, full=full)
    parts = ["\n".join(_block(block, plan.declared, colour=colour, full=full)) for block in blocks]
    parts.append(tally_text(plan, colour=colour))
    parts.append("\n".join([*said_texts(plan, colour=colour, full=full), *left_alone(plan), summary_text(plan)]))
    if plan.rollout is not None:
        from reconcile.reports.waves import waves_text

        parts.append(waves_text(plan.rollout))
    return "\n\n".join(part for part in parts if part) + "\n"


def left_alone(plan: Plan) -> Iterator[str]:
    """That live sites are declared in no file: a file was taken away, a table cut in half, or not all declared yet."""
    for account, number in plan.undeclared.items():
        if number:
            sites = f"{number} of {count(plan.sizes.get(account, number), 'live site')}"
            are, them = ("is", "it") if number == 1 else ("are", "them")
            yield f"note: {clean(account)}: {sites} {are} declared in no file, and left alone; `import` declares {them}"


def summary_text(plan: Plan, errors: str = "above") -> str:
    """`Plan: 1 to create, 12 to update, 0 to delete; 40 unchanged.`, and how much there is to do by hand.

    `errors` is where those stand that keep the plan from being complete.
    """
    made = plan.summary
    by_hand = f" {count(len(plan.manual), 'step')} to do by hand." if plan.manual else ""
    if not plan.changes:
        if plan.errors:
            return f"Plan: incomplete, see the errors {errors}."
        done = f" {count(plan.noop, 'resource')} as declared." if plan.noop else "" if by_hand else " Nothing to do."
        return f"No changes.{done}{by_hand}"
    incomplete = f" Incomplete, see the errors {errors}." if plan.errors else ""
    return (
        f"Plan: {made['create']} to create, {made['update']} to update, {made['delete']} to delete; "
        f"{made['noop']} unchanged.{by_hand}{incomplete}"
    )


def _block(block: Block, declared: Declared, *, colour: bool, full: bool) -> Iterator[str]:
    """A block: what happens, to which fields, and the sites behind it."""
    changes, sign = block.changes, SIGNS[block.changes[0].action]
    yield painted(sign, f"{sign} {head(block, full=full)}", colour)
    yield from details(changes, declared, colour=colour, full=full)


def details(changes: Sequence[Change], declared: Declared, *, colour: bool, full: bool = False) -> Iterator[str]:
    """The lines below the head of a block."""
    return (line_text(line, colour) for line in below(changes, declared, full=full))


def line_text(line: Line, colour: bool) -> str:
    """A line of a change, indented."""
    return "    " + "  " * line.depth + painted(line.sign, f"{line.sign} {line.text}", colour)


def painted(sign: str, text: str, colour: bool) -> str:
    """Text in the colour of its sign."""
    return click.style(text, fg=COLOURS.get(sign)) if colour else text
