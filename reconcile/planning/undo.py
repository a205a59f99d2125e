"""A run taken back: the ordinary plan from what is live now to what was live before the run.

What the run deleted is created anew, what it changed gets its former values, what it created is deleted. Of what was
changed again since, only what the run changed goes back, and the plan shows from what. What no call can bring back is a
step for a person. What is somebody else's by now is left alone, and that is said.

Changes come from `planning.diff`, over a desired state that is made of what the history remembers, so that matching,
owners, fingerprints and safety are those of every plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from reconcile.errors import first
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import UNMANAGED
from reconcile.model.normalize import count
from reconcile.model.resource import Desired
from reconcile.model.state import DesiredState, LiveAccount
from reconcile.planning.diff import build_destroy_plan, build_plan, in_order
from reconcile.planning.former import Deed
from reconcile.planning.goals import FILE, Declared, Goal, Goals, names
from reconcile.planning.plan import Change, Diagnostic, ManualStep, Plan, Severity
from reconcile.planning.select import EVERYTHING, Selection, Subject
from reconcile.planning.summary import declared_counts


def build_undo_plan(
    run: str,
    deeds: Sequence[Deed],
    desired: DesiredState,
    live: Mapping[str, LiveAccount],
    *,
    selection: Selection = EVERYTHING,
    unread: Sequence[Diagnostic] = (),
) -> Plan:
    """What takes back what `run` did, which is named in words: `run R`.

    `desired` is the project, with all kinds of fields that the deeds are about.

    Only accounts in `live` are planned for, as in `planning.diff`. Raises `PlanError` where the selection matches
    nothing.
    """
    declared = Declared(desired)
    chosen = [deed for deed in deeds if _selected(deed, declared, selection)]
    if not unread:
        selection.require_match()
    by_account: dict[str, list[Deed]] = defaultdict(list)
    for deed in chosen:
        by_account[deed.change.address.account].append(deed)
    plans = [
        _Undoing(run, desired, declared, live[name], found).plan() for name, found in by_account.items() if name in live
    ]
    said = [*unread, *(said for plan in plans for said in plan.diagnostics)]
    steps = [step for plan in plans for step in plan.manual]
    gone = [deed for name, found in by_account.items() if name not in live for deed in found]
    steps += [_locked_out(run, deed) for deed in gone if deed.change.locks_out]
    return Plan(
        in_order(_with_member(change, declared) for plan in plans for change in plan.changes),
        0,
        {name: len(account.sites) for name, account in live.items()},
        tuple(sorted(set(said))),
        tuple(sorted(steps)),
        declared_counts(desired.sites),
        desired.kinds,
    )


def _with_member(change: Change, declared: Declared) -> Change:
    """A change with what its site belongs to by now."""
    now = declared.at(change.address)
    return change if now is None else replace(change, member=now.member)


def _selected(deed: Deed, declared: Declared, selection: Selection) -> bool:
    """Whether a selection means what a run did something to: by its address then, before, or by its labels now."""
    address = deed.change.address
    if not selection:
        return True
    former = tuple(address.named(name) for name in names(deed) if name != address.name)
    now = declared.at(address)
    client = deed.change.client if now is None else now.client
    owner = address.name if address.kind == "client" else None if client is None else client.name
    member = None if now is None else now.member
    return selection.of(Subject(address, owner, member, changed=True, former=former)) is True


def _locked_out(run: str, deed: Deed) -> ManualStep:
    return ManualStep(
        str(deed.change.address),
        f"{run} turned the API of the account off; if it is still off, turn it on in the dashboard, and plan again",
    )


class _Undoing:
    """Takes back what a run did in one account."""

    def __init__(
        self, run: str, project: DesiredState, declared: Declared, live: LiveAccount, deeds: Sequence[Deed]
    ) -> None:
        self.run = run
        self.project = project
        self.declared = declared
        self.live = live
        self.then = {(deed.change.address.kind, deed.change.id): deed.change.address for deed in deeds}
        self.goals = Goals(run, project, declared, live, deeds)
        self.said = self.goals.said

    def plan(self) -> Plan:
        """The plan; its diagnostics and steps are about what can't go back, or comes back otherwise than it was."""
        changes = [*self.changes_back(), *self.deletes()]
        created = [change for change in changes if change.action is Action.CREATE]
        self.warn_of_new_ids(created)
        self.warn_of_prune(created)
        self.warn_of_files(changes)
        return Plan(tuple(changes), 0, {}, tuple(self.said.diagnostics), tuple(self.said.manual))

    def changes_back(self) -> Iterator[Change]:
        """The updates and creates."""
        gone = {goal.live.id for goal in self.goals.removed if goal.live is not None}
        live = replace(self.live, sites=tuple(site for site in self.live.sites if site.id not in gone))
        made = build_plan(self.state(self.goals.restored, self.goals.profiles), {self.live.account: live})
        self.said.diagnostics += made.diagnostics
        self.said.manual += made.manual
        reasons = {_key(goal): goal.reason for goal in self.goals.restored}
        for change in made.changes:
            key = change.id, change.address, change.client
            yield replace(change, reason=reasons.get(key, f"{self.run} changed it"))

    def deletes(self) -> Iterator[Change]:
        made = build_destroy_plan(self.state(self.goals.removed), {self.live.account: self.live})
        reasons = {_key(goal): goal.reason for goal in self.goals.removed}
        self.said.diagnostics += made.diagnostics
        for change in made.changes:
            yield replace(change, reason=reasons[change.id, change.address, change.client])

    def state(self, goals: Sequence[Goal], profiles: Sequence[Desired] = ()) -> DesiredState:
        """A project that declares what goes back and nothing else, and prunes nothing."""
        name = self.live.account
        needed = {goal.desired.client for goal in goals}
        clients = [
            Desired(address, self.project.kinds["client"].blank(), FILE, id=known)
            for known, address in self.goals.clients.items()
            if address in needed
        ]
        return replace(
            self.project,
            accounts={name: replace(self.project.accounts[name], prune=False)},
            sites=tuple(goal.desired for goal in goals),
            clients=tuple(clients),
            profiles=tuple(profiles),
        )

    def warn(self, message: str) -> None:
        self.said.note(Diagnostic(Severity.WARNING, self.live.account, message))

    def warn_of_new_ids(self, created: Sequence[Change]) -> None:
        if created:
            those = "it is created anew, with a new id" if len(created) == 1 else "they are created anew, with new ids"
            self.warn(
                f"{count(len(created), 'deleted site')} can't come back as before: {those}, so that the call history "
                f"stays behind, and the widget's code on the pages has to be changed ({_some(created)})",
            )

    def warn_of_files(self, changes: Iterable[Change]) -> None:
        """The next apply does again what the files still say."""
        again = [change for change in changes if self.comes_again(change)]
        if again:
            self.warn(
                f"the files still declare what is undone here ({_some(again)}): change them, or the next apply does it "
                "again"
            )

    def warn_of_prune(self, created: Sequence[Change]) -> None:
        """The next apply deletes again what no file declares, where the account prunes."""
        name = self.live.account
        again = [change for change in created if self.declared.at(change.address) is None]
        if again and self.project.accounts[name].prune:
            self.warn(
                f"account {name} has `prune: true`, and no file declares what is created anew here ({_some(again)}): "
                "declare it, or the next apply deletes it again"
            )

    def comes_again(self, change: Change) -> bool:
        """Whether the files declare what a change undoes."""
        addresses = {change.address}
        if change.id is not None:
            addresses.add(self.then.get((change.address.kind, change.id), change.address))
        declared = [one for address in addresses if (one := self.declared.at(address)) is not None]
        wanted = ((one.values[item.field.index], item.after) for one in declared for item in change.fields)
        match change.action:
            case Action.DELETE:
                return bool(declared)
            case Action.UPDATE:
                return any(value is not UNMANAGED and value != after for value, after in wanted)
        return False


def _key(goal: Goal) -> tuple[int | None, Address, Address | None]:
    """What tells a goal's change from others."""
    return goal.desired.id, goal.desired.address, goal.desired.client


def _some(changes: Sequence[Change]) -> str:
    return first([change.address.human or change.address.kind for change in changes])
