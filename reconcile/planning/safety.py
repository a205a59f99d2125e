"""Whether a plan may be applied as it is: the limits of `safety`, what is protected, and what must never go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from reconcile.errors import SafetyError, first
from reconcile.model.capabilities import Action
from reconcile.model.normalize import count
from reconcile.model.state import Safety
from reconcile.planning.plan import Change, Plan
from reconcile.planning.select import glob_matches


class Allowed(Struct, frozen=True):
    """What the command line allows: a number of deletes, in the place of both limits, and to turn the API off."""

    deletes: int | None = None
    lockout: bool = False


#: Sites that are refused for the same reason, and said each by itself.
_APART: Final = 3

NOTHING_MORE: Final = Allowed()


def refusals(plan: Plan, safety: Safety, allowed: Allowed = NOTHING_MORE) -> list[str]:
    """Why the plan may not be applied: each with the real numbers and what to do. Empty: it may."""
    deletes = [change for change in plan.changes if change.action is Action.DELETE]
    kept = [change for change in deletes if change.prevent_destroy]
    found = _would_go(kept, "but {has} `prevent_destroy: true`; take it away")
    protected: dict[str, list[Change]] = {}
    for change in deletes:
        pattern = next((pattern for pattern in safety.protect if glob_matches(pattern, change.address)), None)
        if pattern is not None:
            protected.setdefault(pattern, []).append(change)
    for pattern, changes in protected.items():
        remedy = "declare {it}, take the entry away, or leave {it} out with --select"
        found += _would_go(changes, f'but `safety.protect` has "{_literal(pattern)}"; {remedy}')
    if not allowed.lockout:
        found += [
            f"{change.address.shown} would turn the API off, and lock this program out; if that is meant, apply with "
            "--allow-lockout"
            for change in plan.changes
            if change.locks_out
        ]
    return found + _too_many_deletes(plan, safety, allowed.deletes) + _too_many_updates(plan, safety)


def check(plan: Plan, safety: Safety, allowed: Allowed = NOTHING_MORE) -> None:
    """Raises `SafetyError` with every refusal."""
    found = refusals(plan, safety, allowed)
    if found:
        raise SafetyError(
            "the plan is refused, and nothing was changed:\n" + "\n".join(f"  - {text}" for text in found)
        )


def _would_go(changes: Sequence[Change], but: str) -> list[str]:
    """What may not be deleted: of many their number and the first, since the plan lists all."""
    if len(changes) <= _APART:
        said = but.format(has="has", it="the site")
        return [f"{change.address.shown} would be deleted, {said}" for change in changes]
    names = first([change.address.shown for change in changes])
    return [f"{len(changes)} sites would be deleted, {but.format(has='have', it='the sites')} ({names})"]


def _literal(text: str) -> str:
    """A text that `format` leaves as it is."""
    return text.replace("{", "{{").replace("}", "}}")


def _too_many_deletes(plan: Plan, safety: Safety, allowed: int | None) -> list[str]:
    counts = Counter(change.address.account for change in plan.changes if change.action is Action.DELETE)
    total = counts.total()
    would = f"{count(total, 'site')} would be deleted"
    if allowed is not None:
        return [f"{would}, and --allow-deletes says {allowed}"] if total > allowed else []
    remedy = f"if that is meant, raise it, or allow it once with --allow-deletes {total}"
    found = []
    if total > safety.max_deletes:
        found.append(f"{would}, and `safety.max_deletes` is {safety.max_deletes}; {remedy}")
    return found + _shares(plan, Action.DELETE, "max_delete_percent", safety.max_delete_percent, remedy)


def _too_many_updates(plan: Plan, safety: Safety) -> list[str]:
    remedy = "raise it, or plan and apply parts with --select"
    return _shares(plan, Action.UPDATE, "max_update_percent", safety.max_update_percent, remedy)


def _shares(plan: Plan, action: Action, name: str, limit: float, remedy: str) -> list[str]:
    """What is beyond a limit in percent of an account's live sites."""
    counts = Counter(
        change.address.account for change in plan.changes if change.action is action and change.address.kind == "site"
    )
    found = []
    for account, number in sorted(counts.items()):
        size = plan.sizes[account]
        percent = 100 * number / max(size, 1)
        if percent > limit:
            found.append(
                f"{number} of the {size} sites of account {account} ({percent:.0f} %) would be {action.value}d, and "
                f"`safety.{name}` is {limit:g}; {remedy}"
            )
    return found
