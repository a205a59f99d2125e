"""Validate, plan, apply: the whole story on one page. No terminal here; `cli/` says what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from reconcile.config.project import load_state
from reconcile.errors import ExitCode, PlanError, PlanFileError, ProviderError, StalePlanError
from reconcile.model.capabilities import Action
from reconcile.model.fields import Kind, site_kind
from reconcile.model.state import Account, DesiredState, LiveAccount
from reconcile.planning import planfile, safety
from reconcile.planning.diff import build_destroy_plan, build_plan
from reconcile.planning.plan import Diagnostic, Plan, Severity
from reconcile.planning.select import Selection
from reconcile.pools import pool

if TYPE_CHECKING:
    from reconcile.applying.executor import Advance
    from reconcile.applying.report import Report
    from reconcile.providers.base import Provider


@dataclass(frozen=True, slots=True)
class Project:
    """A folder and what it declares."""

    root: Path
    desired: DesiredState
    kind: Kind

    @property
    def identity(self) -> str:
        """What saved plans are bound to."""
        return planfile.identity(self.desired.accounts, str(self.root.resolve()))


def validate(root: Path, environ: Mapping[str, str]) -> Project:
    """The project in `root`, checked as far as it goes without the network. Raises `ConfigError`."""
    kind = site_kind()
    return Project(root, load_state(root, environ, kind), kind)


def require_sites(project: Project) -> None:
    """Raises `PlanError` for a project without a site: a folder that was read wrong must not look like deletes."""
    if not project.desired.sites:
        raise PlanError("no file declares a site; sites are declared under `sites:`")


@contextmanager
def connected(project: Project, parallelism: int) -> Iterator[dict[str, Provider]]:
    """A provider for every account; emulated ones get the embedded service, which ends with the block."""
    from reconcile.providers.registry import open_provider

    with ExitStack() as stack:
        accounts = _emulated(project, stack)
        providers = {name: open_provider(account, parallelism) for name, account in accounts.items()}
        for provider in providers.values():
            stack.callback(provider.close)
        yield providers


def _emulated(project: Project, stack: ExitStack) -> dict[str, Account]:
    """The accounts, those at `emulator` pointed at one started for them in this process."""
    accounts = dict(project.desired.accounts)
    local = {name: account for name, account in accounts.items() if account.base_url == "emulator"}
    if local:
        from reconcile.emulator import Emulator, Options

        folder = project.root / ".reconcile"
        folder.mkdir(exist_ok=True)
        keys = {account.uid: account.api_key for account in local.values()}
        emulator = stack.enter_context(Emulator(Options(accounts=keys, database=folder / "emulator.db")))
        accounts |= {name: replace(account, base_url=emulator.url) for name, account in local.items()}
    return accounts


def read(providers: Mapping[str, Provider]) -> tuple[dict[str, LiveAccount], list[Diagnostic]]:
    """All accounts read completely, at once; what can't be is missing, and a diagnostic says why."""
    live: dict[str, LiveAccount] = {}
    unread: list[Diagnostic] = []
    with pool(max(len(providers), 1), "read") as threads:
        reads = {name: threads.submit(provider.read) for name, provider in providers.items()}
        for name, future in reads.items():
            try:
                live[name] = LiveAccount(name, future.result())
            except ProviderError as error:
                unread.append(
                    Diagnostic(Severity.ERROR, name, f"the account can't be read, so nothing is planned: {error}")
                )
    return live, unread


def plan(project: Project, providers: Mapping[str, Provider], selection: Selection, *, destroy: bool = False) -> Plan:
    """What would change. Its error diagnostics say what could not be planned. Raises `PlanError`."""
    require_sites(project)
    live, unread = read(providers)
    build = build_destroy_plan if destroy else build_plan
    return build(project.kind, project.desired, live, selection=selection, unread=unread)


def check(project: Project, plan: Plan, allow_deletes: int | None) -> None:
    """Whether `plan` may be applied. Raises `PlanError` (it is incomplete) or `SafetyError` (it goes too far)."""
    if plan.errors:
        raise PlanError("the plan has errors, so nothing is applied", plan.errors)
    safety.check(plan, project.desired.safety, allow_deletes)


def refusals(project: Project, plan: Plan) -> list[str]:
    """Why `apply` would refuse the plan."""
    return safety.refusals(plan, project.desired.safety)


def load_plan(path: Path, project: Project | None) -> Plan:
    """A saved plan; with `project`, only one that belongs to it. Raises `PlanFileError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise PlanFileError(f"{path}: this is not a saved plan; `reconcile plan -o FILE` writes one") from None
    return planfile.load(text, site_kind(), None if project is None else project.identity)


def check_fresh(project: Project, plan: Plan, providers: Mapping[str, Provider]) -> None:
    """Whether the live accounts are still as a saved plan saw them.

    Raises `StalePlanError` that names everything that moved, and `PlanError` where that can't be read.
    """
    from reconcile.applying.recheck import Occupied, leaving, moved

    concerned = {change.address.account for change in plan.changes}
    live, unread = read({name: provider for name, provider in providers.items() if name in concerned})
    if unread:
        raise PlanError("whether the saved plan is stale can't be told, so nothing is applied", unread)
    url = project.kind.index("url")
    stale = []
    for name, account in live.items():
        changes = [change for change in plan.changes if change.address.account == name]
        by_id = {site.id: site for site in account.sites}
        occupied = Occupied(account.sites, leaving(changes, url))
        for change in changes:
            if change.action is Action.CREATE:
                reason = occupied.by(str(next((i.after for i in change.fields if i.field.index == url), "")))
            else:
                reason = moved(project.kind, change, by_id.get(change.id or 0))
                if reason is None and change.id not in by_id:
                    reason = "the site is gone already"
            if reason is not None:
                stale.append(f"  - {change.address.shown}: {reason}")
    if stale:
        raise StalePlanError(
            "the saved plan is stale, and nothing was changed; make a new one with `reconcile plan -o FILE`:\n"
            + "\n".join(stale)
        )


def apply(
    project: Project,
    plan: Plan,
    providers: Mapping[str, Provider],
    *,
    run: str,
    parallelism: int,
    stopping: Event,
    advance: Advance,
) -> Report:
    """Does what `plan` says. Every failure is in the report; nothing is raised for one."""
    from reconcile.applying.executor import execute

    return execute(plan, project.kind, providers, run=run, parallelism=parallelism, stopping=stopping, advance=advance)


def exit_code(plan: Plan, *, detailed: bool) -> ExitCode:
    """What `plan` and `drift` exit with."""
    if plan.errors:
        return ExitCode.ERROR
    return ExitCode.CHANGES if detailed and plan.changes else ExitCode.DONE
