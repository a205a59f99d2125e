"""Policies asked of a plan, or of what is declared; what they say has its places in the files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from reconcile.config.project import Loaded
from reconcile.model.state import DesiredState
from reconcile.planning.plan import Diagnostic, Plan, Severity
from reconcile.planning.policies import Breach, breaches, declared_breaches, title


def judged_plan(root: Path, loaded: Loaded, desired: DesiredState, plan: Plan) -> Plan:
    """The plan with what the policies of `desired` say of it.

    What they said when it was saved stays for resources that it does not change, of which a saved plan holds no values.
    """
    changed = {str(change.address) for change in plan.changes}
    earlier = [said for said in plan.diagnostics if not said.rule or said.address not in changed]
    found = _placed(root, loaded, breaches(desired, plan, time.monotonic))
    return replace(plan, diagnostics=tuple(dict.fromkeys((*earlier, *found))))


def judged_files(root: Path, loaded: Loaded) -> list[Diagnostic]:
    """What the policies say of what is declared, as far as that does not depend on what is live."""
    return _placed(root, loaded, declared_breaches(loaded.state, time.monotonic))


def _placed(root: Path, loaded: Loaded, found: Sequence[Breach]) -> list[Diagnostic]:
    """Breaches with their places, which are looked up for them alone."""
    if not found:
        return []
    about = {str(breach.address) for breach in found}
    state = loaded.state
    resources = [one for one in (*state.profiles, *state.clients, *state.sites) if str(one.address) in about]
    places = loaded.declared_at(root, resources, {breach.policy.name for breach in found})
    made = []
    for breach in found:
        name, address = breach.policy.name, "" if breach.address is None else str(breach.address)
        place = places.policies[name]
        message = f"{title(breach.policy, place)}: {breach.message}"
        severity = Severity(breach.policy.level)
        made.append(Diagnostic(severity, address, message, name, place, places.resources.get(address, "")))
    return made
