"""What was applied: the runs that a project's store keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from reconcile.errors import StoreError
from reconcile.model.fields import schemas
from reconcile.planning.select import glob_matches
from reconcile.store import is_there, open_store
from reconcile.store.database import file_of
from reconcile.store.records import RunRecord, StepRecord
from reconcile.store.store import Store
from reconcile.workflow import Project


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
    project: Project, *, limit: int | None = None, account: str | None = None, select: Sequence[str] = ()
) -> list[RunRecord]:
    """The runs, newest first: `limit` of those that held an account, and changed a resource that any glob means.

    Raises `StoreError`.
    """
    if not is_there(project.desired.store, project.root):
        return []  # a look must not make one
    with open_store(project.desired.store, project.root) as store:
        if account is None and not select:
            return store.runs(limit)
        return list(islice(_fitting(store, account, select), limit))


def nothing(project: Project, *, filtered: bool) -> str:
    """Why there is nothing to list. A file of the project's choice is named, as it may be the wrong one."""
    url = project.desired.store
    if filtered:
        return "No run is like that."
    if is_there(url, project.root) or url == schemas()["project"]["properties"]["store"]["default"]:
        return "Nothing has been applied yet."
    return f"Nothing has been applied yet: there is no file {file_of(url, project.root)}, which `store:` names."


def _fitting(store: Store, account: str | None, select: Sequence[str]) -> Iterator[RunRecord]:
    for record in store.runs():
        if account is not None and account not in record.accounts:
            continue
        if not select or any(_concerns(step, select) for step in store.run(record.name).steps):
            yield record


def _concerns(step: StepRecord, select: Sequence[str]) -> bool:
    """Whether a step was about what any of the globs means: by its address, or by that before a renaming."""
    urls = [str(url) for item in step.fields if item.path == "url" for url in (item.before, item.after) if url]
    addresses = [step.address, *(step.address.at(url) for url in urls)]
    return any(glob_matches(pattern, address) for pattern in select for address in addresses)
