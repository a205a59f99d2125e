"""What was applied: the runs that a project's store keeps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from reconcile.applying.report import Outcome
from reconcile.errors import PlanError, StoreError
from reconcile.model.address import Address
from reconcile.model.fields import schemas
from reconcile.planning.goals import Declared
from reconcile.planning.select import EVERYTHING, Selection, Subject
from reconcile.runs import account_keys
from reconcile.store import is_there, open_store
from reconcile.store.database import file_of
from reconcile.store.records import RunRecord, StepRecord
from reconcile.store.store import Store
from reconcile.workflow import Project

#: Runs that are looked at for a renaming.
RECENT: Final = 200


def run(project: Project, name: str) -> RunRecord:
    """One run with its steps: by its name, by what only its name begins with, or `latest`. Raises `StoreError`."""
    if not is_there(project.desired.store, project.root):
        raise StoreError(f"no run is named {name}: nothing has been applied yet")
    with open_store(project.desired.store, project.root) as store:
        return store.run(name)


def rollout(project: Project, name: str) -> list[RunRecord]:
    """A run, and those that went on with its rollout, oldest first; `name` as for `run`. Raises `StoreError`."""
    if not is_there(project.desired.store, project.root):
        raise StoreError(f"no run is named {name}: nothing has been applied yet")
    with open_store(project.desired.store, project.root) as store:
        return store.rollout(name)


def runs(
    project: Project, *, limit: int | None = None, account: str | None = None, select: Selection = EVERYTHING
) -> list[RunRecord]:
    """The runs, newest first: `limit` of those that held an account, and changed a resource that is selected.

    What a resource was called, and whose it was, is asked of the history; its labels, group and shared objects are
    those of today's files. Raises `StoreError`, and `PlanError` for a name that neither knows.
    """
    if not is_there(project.desired.store, project.root):
        return []  # a look must not make one
    with open_store(project.desired.store, project.root) as store:
        if account is None and not select:
            return store.runs(limit)
        declared = Declared(project.desired)
        try:
            select.require_known(project.desired)
        except PlanError:  # it may be of the past
            steps = (step for record in store.runs() for step in store.run(record.name).steps)
            select.require_known(project.desired, [_subject(step, declared) for step in steps])
        return list(islice(_fitting(store, account, select, declared), limit))


def nothing(project: Project, *, filtered: bool) -> str:
    """Why there is nothing to list. A file of the project's choice is named, as it may be the wrong one."""
    url = project.desired.store
    if filtered:
        return "No run is like that."
    if is_there(url, project.root) or url == schemas()["project"]["properties"]["store"]["default"]:
        return "Nothing has been applied yet."
    return f"Nothing has been applied yet: there is no file {file_of(url, project.root)}, which `store:` names."


def was_renamed(project: Project, before: str, now: Address) -> bool:
    """Whether the last that a run did to a site's address was to change it from `before` to what it is `now`.

    False where that was on a machine whose history this one does not share, and where the history can't be read.
    """
    key = account_keys(project.desired, project.root, [now.account])[now.account]
    try:
        if not is_there(project.desired.store, project.root):
            return False
        with open_store(project.desired.store, project.root) as store:
            for record in store.runs(RECENT):
                for step in store.run(record.name).steps:
                    urls = {one.path: one for one in step.fields}.get("url")
                    if urls is None or step.outcome is not Outcome.DONE or record.keys[step.address.account] != key:
                        continue
                    names = [step.address.at(str(url)).name for url in (urls.before, urls.after) if url]
                    if sorted(names) == sorted([before, now.name]):  # the way there, or the way back
                        return names == [before, now.name]
    except StoreError:
        return False
    return False


def _fitting(store: Store, account: str | None, select: Selection, declared: Declared) -> Iterator[RunRecord]:
    for record in store.runs():
        if account is not None and account not in record.accounts:
            continue
        if not select or any(select.of(_subject(step, declared)) for step in store.run(record.name).steps):
            yield record


def _subject(step: StepRecord, declared: Declared) -> Subject:
    """What can be asked of what a run did: of the resource by its address then, or by that before a renaming."""
    urls = [str(url) for item in step.fields if item.path == "url" for url in (item.before, item.after) if url]
    former = tuple(step.address.at(url) for url in urls)
    now = declared.at(step.address)
    client = step.address if step.address.kind == "client" else step.client
    member = None if now is None else now.member
    return Subject(step.address, None if client is None else client.name, member, changed=True, former=former)
