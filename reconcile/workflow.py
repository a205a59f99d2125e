"""Validate, plan, apply: the whole story on one page. No terminal here; `cli/` says what comes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from msgspec.structs import replace

from reconcile.config.accounts import Services
from reconcile.config.project import Loaded, load
from reconcile.errors import ExitCode, PlanError, PlanFileError, PolicyError, StalePlanError, lines_of
from reconcile.live import owners_in_doubt, read, read_everything, with_owners
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import UNMANAGED
from reconcile.model.normalize import count, quoted
from reconcile.model.state import Account, DesiredState, LiveAccount
from reconcile.planning import safety
from reconcile.planning.diff import build_destroy_plan, build_plan
from reconcile.planning.plan import Change, Diagnostic, Plan
from reconcile.planning.select import Selection
from reconcile.values import Guarded

if TYPE_CHECKING:
    from reconcile.ahead import Ahead
    from reconcile.applying.journal import Journal
    from reconcile.applying.report import Report
    from reconcile.applying.sending import Advance
    from reconcile.importing.project import Project as Imported
    from reconcile.importing.values import Defaults
    from reconcile.providers.base import Provider
    from reconcile.store.records import RunRecord

#: A plan of 100,000 changed sites is smaller.
MAX_PLAN_BYTES = 256 * 1024 * 1024
#: Days of calls that an emulated account's new sites have behind them, so that there is something to see.
EMULATED_HISTORY = 14


class Project(Guarded, frozen=True):
    """A folder and what it declares; `loaded` is how, for the places of what policies are about.

    `sources` are the real paths of files that it reads beside its YAML.
    """

    hidden = ("loaded", "sources")

    root: Path
    desired: DesiredState
    loaded: Loaded | None = None
    sources: frozenset[str] = frozenset()

    @property
    def identity(self) -> str:
        """What saved plans are bound to."""
        from reconcile.planning import planfile

        return planfile.identity(self.desired.accounts, str(self.root.resolve()))


def validate(root: Path, environ: Mapping[str, str], ahead: Ahead | None = None) -> Project:
    """The project in `root`, checked as far as it goes without the network. Raises `ConfigError`.

    `ahead` begins to read what is live as soon as that can be done.
    """
    from reconcile.providers import registry

    services = Services(registry.service, registry.names, _wrong_selection)
    loaded = load(root, environ, services if ahead is None else replace(services, begin=ahead.begin))
    return Project(root, loaded.state, loaded if loaded.state.policies else None, loaded.sources)


def _wrong_selection(expression: str, state: DesiredState) -> str:
    """What is wrong with a selection of `rollout:`; a project that has none does not wait for what tells."""
    from reconcile.planning.waves import wrong_selection

    return wrong_selection(expression, state)


def require_resources(project: Project) -> None:
    """Raises `PlanError` for a project without any: a folder that was read wrong must not look like deletes."""
    desired = project.desired
    if not (desired.sites or desired.clients or desired.profiles):
        raise PlanError("no file declares a site; sites are declared under `sites:`")


@contextmanager
def connected(project: Project, parallelism: int, ahead: Ahead | None = None) -> Iterator[dict[str, Provider]]:
    """A provider for every account; emulated ones get the embedded service, which ends with the block.

    Those that were opened `ahead` are taken as they are.
    """
    from reconcile.providers.registry import open_provider

    with ExitStack() as stack:
        accounts = _emulated(project, stack)
        providers = {
            name: (ahead and ahead.take(name)) or open_provider(account, project.desired.kinds, parallelism)
            for name, account in accounts.items()
        }
        for provider in providers.values():
            stack.callback(provider.close)
        yield providers


def _emulated(project: Project, stack: ExitStack) -> dict[str, Account]:
    """The accounts, those at `emulator` pointed at one started for them in this process."""
    accounts = dict(project.desired.accounts)
    local = {name: account for name, account in accounts.items() if account.base_url == "emulator"}
    if local:
        from reconcile.emulator import Emulator, Options
        from reconcile.private import private_folder

        folder = private_folder(project.root)
        keys: dict[str, dict[str, str]] = {"pozvonim": {}, "chaser": {}}
        for name, account in local.items():
            if account.provider not in keys:
                raise PlanError(f"account {name}: the emulator speaks {' and '.join(keys)}, not {account.provider}")
            keys[account.provider][account.uid] = account.api_key
        options = Options(
            accounts=keys["pozvonim"],
            chaser_accounts=keys["chaser"],
            database=folder / "emulator.db",
            history_days=EMULATED_HISTORY,
            personalities=("undocumented-accepted",),
        )
        emulator = stack.enter_context(Emulator(options))
        accounts |= {
            name: replace(account, base_url=emulator.url_of(account.provider)) for name, account in local.items()
        }
    return accounts


def plan(project: Project, providers: Mapping[str, Provider], selection: Selection, *, destroy: bool = False) -> Plan:
    """What would change. Its error diagnostics say what could not be planned. Raises `PlanError`."""
    return planned(project, providers, selection, destroy=destroy)[0]


def planned(
    project: Project, providers: Mapping[str, Provider], selection: Selection, *, destroy: bool = False
) -> tuple[Plan, Mapping[str, LiveAccount]]:
    """What would change, and what is live of the accounts that could be read. Raises `PlanError`."""
    require_resources(project)
    desired = project.desired
    selection.require_known(desired)
    build = build_destroy_plan if destroy else build_plan
    kinds = {name: desired.kinds_of(name) for name in providers}
    live, unread = read(providers, kinds)
    unread = [said for said in unread if selection.concerns(said.address, desired)]
    made = build(desired, live, selection=selection, unread=unread)
    doubtful = owners_in_doubt(desired, made, kinds)
    if doubtful:
        live, more = with_owners(desired, providers, live, doubtful)
        made = build(desired, live, selection=selection, unread=[*unread, *more])
    return judged(project, made), live


def imported(
    project: Project,
    providers: Mapping[str, Provider],
    accounts: Collection[str],
    defaults: Defaults,
    *,
    tables: bool = True,
) -> Imported:
    """What is live in these accounts and in no file yet, as a project. Raises `PlanError` for what can't be read."""
    from reconcile.importing.project import build

    live, unread = read_everything(providers, project.desired, accounts)
    if unread:
        raise PlanError("what is live can't be told, so nothing is written", unread)
    return build(project.desired, {name: live[name] for name in accounts}, defaults, tables=tables)


def judged(project: Project, plan: Plan) -> Plan:
    """The plan with what the project's policies say of it.

    Of a saved plan, what they said when it was made stays for resources that it does not change.
    """
    if project.loaded is None:
        return plan
    from reconcile.judging import judged_plan

    return judged_plan(project.root, project.loaded, project.desired, plan)


def judge_declared(project: Project) -> list[Diagnostic]:
    """What the project's policies say of what is declared, as far as that does not depend on what is live."""
    if project.loaded is None:
        return []
    from reconcile.judging import judged_files

    return judged_files(project.root, project.loaded)


def check(project: Project, plan: Plan, allowed: safety.Allowed, *, policies: bool = True) -> None:
    """Whether `plan` may be applied, with or without regard to `policies`.

    Raises `PlanError` (it is incomplete), `SafetyError` (it goes too far) or `PolicyError` (it breaks a policy, and
    perhaps goes too far as well).
    """
    if plan.errors:
        raise PlanError("the plan has errors, so nothing is applied", plan.errors)
    if not policies or not plan.breaches:
        safety.check(plan, project.desired.safety, allowed)
        return
    found = [f"  - {text}" for text in safety.refusals(plan, project.desired.safety, allowed)]
    lines = [*found, *breach_lines(plan.breaches)]
    raise PolicyError("the plan is refused, and nothing was changed:\n" + "\n".join(lines), plan.breaches)


def breach_lines(breaches: Iterable[Diagnostic]) -> list[str]:
    """Lines of an error's message: each breach of a policy with its resource, and where that is declared."""
    return lines_of((said.who, said.message) for said in breaches)


def refusals(project: Project, plan: Plan) -> list[str]:
    """Why `apply` would refuse the plan."""
    return safety.refusals(plan, project.desired.safety) + policy_refusals(plan)


def policy_refusals(plan: Plan) -> list[str]:
    """The policies that refuse the plan, as far as it has been asked of them: a saved one has what they said then."""
    broken = Counter((said.rule, said.place) for said in plan.breaches)
    return [
        f"policy {quoted(rule)} ({place}) is broken by {count(number, 'resource')}, see above"
        for (rule, place), number in broken.items()
    ]


def read_plan(path: Path) -> Plan:
    """A saved plan, whose project is not asked for; its secrets stay hidden. Raises `PlanFileError`."""
    from reconcile.planning import planfile

    return planfile.load(_text(path), None, None)[0]


def load_plan(path: Path, project: Project) -> tuple[Plan, Project]:
    """A saved plan that belongs to `project`, and the project as the plan needs it.

    A saved plan holds no secrets, which the project still has to declare, and may have undocumented fields that no file
    names any more. Raises `PlanFileError`.
    """
    from reconcile.planning import planfile

    desired = project.desired
    resources = {resource.address: resource for resource in (*desired.clients, *desired.profiles)}

    def secret(address: Address, path: str) -> object:
        resource = resources.get(address)
        value = None if resource is None else resource.values[desired.kinds[address.kind].index(path)]
        if value is None or value is UNMANAGED:
            raise PlanFileError(
                f"the saved plan needs `{path}` of {address}, which the project does not declare any more; "
                "make a new plan with `reconcile plan -o FILE`"
            )
        return value

    plan, known = planfile.load(_text(path), project.identity, secret)
    strange = sorted({change.address.account for change in plan.changes} - desired.accounts.keys())
    if strange:
        raise PlanFileError(f"the saved plan changes {', '.join(strange)}, which this project does not declare")
    # Its waves are those of the files when it was made; `apply` goes by those of today.
    return replace(plan, rollout=None), replace(project, desired=replace(desired, kinds=known))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PLAN_BYTES + 1)
        if len(data) > MAX_PLAN_BYTES:
            raise PlanFileError(f"{path}: is larger than {MAX_PLAN_BYTES >> 20} MiB, which no saved plan is")
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise PlanFileError(f"{path}: this is not a saved plan; `reconcile plan -o FILE` writes one") from None


def check_fresh(
    project: Project,
    plan: Plan,
    providers: Mapping[str, Provider],
    last: Callable[[Address], RunRecord | None] = lambda address: None,
) -> None:
    """Whether the live accounts are still as a saved plan saw them; `last` is the run that last changed a resource.

    Raises `StalePlanError` that says what moved, and `PlanError` where that can't be read.
    """
    live, unread = read(providers, _concerned(plan))
    if unread:
        raise PlanError("whether the saved plan is stale can't be told, so nothing is applied", unread)
    found = [
        (change, reason)
        for name, account in live.items()
        for change, reason in _stale(project, [c for c in plan.changes if c.address.account == name], account)
    ]
    if found:
        run = last(found[0][0].address)  # of a plan that was applied before, it is the same for all
        done = {} if run is None else _done_by(run, [change for change, _ in found], live)
        stale = [(change.address.shown, done.get((change.address, change.action), reason)) for change, reason in found]
        raise StalePlanError(
            "the saved plan is stale, and nothing was changed; make a new one with `reconcile plan -o FILE`:\n"
            + "\n".join(lines_of(stale))
        )


def _done_by(
    run: RunRecord, changes: Sequence[Change], live: Mapping[str, LiveAccount]
) -> dict[tuple[Address, Action], str]:
    """Which of these changes a run has done already, in words; what was done to them since is somebody else's."""
    from reconcile.applying.report import Outcome

    there = {
        (one.address.account, one.address.kind, one.id): one
        for account in live.values()
        for one in (*account.sites, *account.clients, *([] if account.profile is None else [account.profile]))
    }
    done = {(step.address, step.action): step for step in run.steps if step.outcome is Outcome.DONE}
    found = {}
    for change in changes:
        step = done.get((change.address, change.action))
        if step is None:
            continue
        one = there.get((change.address.account, change.address.kind, step.id or 0))
        if change.action is Action.DELETE:
            stands = one is None
        elif change.action is Action.CREATE:
            stands = one is not None
        else:
            told = [item for item in change.fields if not item.field.sensitive]
            stands = one is not None and all(one.values[item.field.index] == item.after for item in told)
        if stands:
            found[change.address, change.action] = f"run {run.name} {change.action}d it since the plan was made"
    return found


def _concerned(plan: Plan) -> dict[str, frozenset[str]]:
    """The kinds of resources that a plan is about, by account; the project may not declare all of them any more."""
    found: dict[str, set[str]] = {}
    for change in plan.changes:
        kinds = found.setdefault(change.address.account, {"site"})
        kinds.add(change.address.kind)
        if change.client is not None or change.owner is not None:
            kinds.add("client")
    return {name: frozenset(kinds) for name, kinds in found.items()}


def _stale(project: Project, changes: Sequence[Change], live: LiveAccount) -> Iterator[tuple[Change, str]]:
    """The changes that can't be done as they were planned, and why."""
    from reconcile.applying.recheck import Occupied, leaving, moved, name_field

    kinds = project.desired.kinds
    found = {("site", site.id): site for site in live.sites}
    if live.profile is not None:
        found["profile", live.profile.id] = live.profile
    occupied = Occupied(live, leaving(changes, kinds["site"].index("url")))
    for change in changes:
        kind = kinds[change.address.kind]
        if change.action is Action.CREATE:
            name = next((item.after for item in change.fields if item.field.index == name_field(kind)), "")
            reason = occupied.by(kind.name, str(name))
            reason = reason or occupied.renamed(change) or occupied.ownerless(change)
        else:
            there = found.get((kind.name, change.id or 0))
            reason = moved(kind, change, there)
            if reason is None and there is None:
                reason = f"the {kind.name} is gone already"
        if reason is not None:
            yield change, reason


def apply(
    project: Project,
    plan: Plan,
    providers: Mapping[str, Provider],
    *,
    run: str,
    parallelism: int,
    stopping: Event,
    advance: Advance,
    journal: Journal | None = None,
    owners: dict[Address, int] | None = None,
) -> Report:
    """Does what `plan` says. Every failure is in the report; nothing is raised for one.

    `owners` are the clients that earlier waves have created (`executor.execute`).
    """
    from reconcile.applying.executor import execute
    from reconcile.applying.stopping import told_to_stop

    with told_to_stop(providers.values(), stopping):
        return execute(
            plan,
            project.desired.kinds,
            providers,
            run=run,
            parallelism=parallelism,
            stopping=stopping,
            advance=advance,
            journal=journal,
            lags={name: account.list_lag for name, account in project.desired.accounts.items()},
            owners=owners,
        )


def exit_code(plan: Plan, *, detailed: bool) -> ExitCode:
    """What `plan` and `drift` exit with."""
    if plan.errors:
        return ExitCode.ERROR
    if plan.breaches:
        return ExitCode.REFUSED
    return ExitCode.CHANGES if detailed and plan.pending else ExitCode.DONE
