"""What arguments and options complete to. Reads the project's files, and never asks a service.

Whatever is wrong with a project is not said here: what can be understood of it is offered, and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import CompletionItem
from msgspec import Struct

from reconcile.cli.common import Settings

if TYPE_CHECKING:
    from reconcile.config.project import Loaded

Items = list["CompletionItem[str]"]
#: The sections whose entries `move` renames, by their kinds.
SHARED: Final = {"widget": "widgets", "schedule": "schedules", "manager": "managers", "blacklist": "blacklists"}


class Asked(Struct, frozen=True):
    """What is to be completed: the command line so far, and the beginning of the word."""

    ctx: click.Context
    param: click.Parameter
    begun: str

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.ctx.ensure_object(Settings).root

    def project(self) -> Loaded:
        """As much of the project as can be understood. Raises `ReconcileError` where there is none."""
        from reconcile import inventory

        return inventory.survey(self.root, os.environ)


def completions(what: str, ctx: click.Context, param: click.Parameter, begun: str) -> Items:
    """The items of one of `KNOWN` that begin so."""
    return list(KNOWN[what](Asked(ctx, param, begun)))


def item(value: str, about: str = "", *, finished: bool = True) -> CompletionItem[str]:
    """A candidate; one that is not finished gets no space behind it."""
    return CompletionItem(value, help=about or None, finished=finished)


def _beginning(asked: Asked, values: Iterable[tuple[str, str]]) -> Iterator[CompletionItem[str]]:
    return (item(value, about) for value, about in values if value.startswith(asked.begun))


# --- what is declared -------------------------------------------------------------------------------------------------


def _sites(asked: Asked) -> Iterator[CompletionItem[str]]:
    """Sites as people write them; by their whole addresses, or as they are in DNS, where that has begun."""
    begun = asked.begun
    for site in asked.project().state.sites:
        address = site.address
        about = f"client {site.client.name}" if site.client is not None else address.account
        in_dns = "xn--" in begun
        forms = [address.human, *([address.name] if in_dns else [])]
        if "/" in begun:
            forms += [address.shown, *([str(address)] if in_dns else [])]
        yield from _beginning(asked, dict.fromkeys((form, about) for form in forms))


def _addresses(asked: Asked) -> Iterator[CompletionItem[str]]:
    state = asked.project().state
    yield from _sites(asked)
    others = [*state.clients, *state.profiles]
    yield from _beginning(asked, [(str(one.address), one.address.kind) for one in others])


def _movable(asked: Asked) -> Iterator[CompletionItem[str]]:
    project = asked.project()
    yield from _sites(asked)
    yield from _beginning(asked, [(str(one.address), "client") for one in project.state.clients])
    for kind, section in SHARED.items():
        yield from _beginning(asked, [(f"{kind}/{name}", kind) for name in project.sections.named[section]])


def _clients(asked: Asked) -> Iterator[CompletionItem[str]]:
    return _beginning(asked, [(one.address.name, one.address.account) for one in asked.project().state.clients])


def _accounts(asked: Asked) -> Iterator[CompletionItem[str]]:
    """Those that have names: one whose credentials are not in this environment is an account, too."""
    return _beginning(asked, [(name, "") for name in sorted(asked.project().sections.names["accounts"])])


def _fields(asked: Asked) -> Iterator[CompletionItem[str]]:
    """The fields of the kind of resource whose address stands before, and what they are below."""
    from reconcile.model.fields import kinds

    written = str(asked.ctx.params.get("address") or "")
    kind = next((kind for kind in ("client", "profile") if f"/{kind}" in written), "site")
    found: dict[str, str] = {}
    for field in kinds()[kind].fields:
        for depth in range(1, len(field.keys)):
            found.setdefault(".".join(field.keys[:depth]), "")
        found[field.path] = field.description
    return _beginning(asked, found.items())


def _selections(asked: Asked) -> Iterator[CompletionItem[str]]:
    from reconcile.planning.select import subject
    from reconcile.planning.select.complete import completions as expressions
    from reconcile.planning.select.complete import vocabulary

    project = asked.project()
    declared = (*project.state.profiles, *project.state.clients, *project.state.sites)
    words = vocabulary(map(subject, declared), sorted(project.sections.names["accounts"]))
    return (item(one.text, finished=one.finished) for one in expressions(asked.begun, words))


# --- what is kept -----------------------------------------------------------------------------------------------------


def _runs(asked: Asked) -> Iterator[CompletionItem[str]]:
    from reconcile.store.glance import last_runs

    runs = last_runs(asked.project().state.store, asked.root)
    return _beginning(asked, [*runs, *([("latest", "the run that began last")] if runs else [])])


def _kinds(asked: Asked) -> Iterator[CompletionItem[str]]:
    from reconcile.model.fields import SCHEMA_NAMES, schemas

    return _beginning(asked, [(name, schemas()[name]["description"]) for name in SCHEMA_NAMES])


# --- files ------------------------------------------------------------------------------------------------------------


def paths(base: Path, begun: str, ends: str | None) -> Iterator[CompletionItem[str]]:
    """The folders, and the files whose names have this end, in the folder that the text names; None for no files.

    Relative paths start at `base`. Folders end with a slash and are not finished.
    """
    head, slash, name = begun.rpartition("/")
    folder = base / Path(head + slash).expanduser()
    try:
        entries = sorted(folder.iterdir())
    except (OSError, RuntimeError):  # no such folder, or no such user
        return
    for path in entries:
        if path.name.startswith(name) and (name.startswith(".") or not path.name.startswith(".")):
            if path.is_dir():
                yield item(f"{head}{slash}{path.name}/", finished=False)
            elif ends is not None and path.name.endswith(ends):
                yield item(f"{head}{slash}{path.name}")


def _plans(asked: Asked) -> Iterator[CompletionItem[str]]:
    """Saved plans, and no other JSON: neither reports nor the schema."""
    for one in paths(asked.root, asked.begun, ".json"):
        finished: bool = one.finished
        if not finished or _is_plan(asked.root / Path(one.value).expanduser()):
            yield one


def _is_plan(path: Path) -> bool:
    from reconcile.planning.planfile import BEGINNING

    try:
        if not path.is_file():  # a pipe would wait for its writer
            return False
        with path.open("rb") as file:
            return file.read(len(BEGINNING)) == BEGINNING.encode()
    except OSError:
        return False


def _sources(asked: Asked) -> Iterator[CompletionItem[str]]:
    """The files that declare a project."""
    return paths(asked.root, asked.begun, ".yaml")


def _folders(asked: Asked) -> Iterator[CompletionItem[str]]:
    """Those of -C, which start where the shell is."""
    return paths(Path(), asked.begun, None)


def _targets(asked: Asked) -> Iterator[CompletionItem[str]]:
    """FORMAT=FILE of a plan."""
    from reconcile.reports.formats import PLANS

    return _written(asked, PLANS)


def _checks(asked: Asked) -> Iterator[CompletionItem[str]]:
    """FORMAT=FILE of a checked project."""
    from reconcile.reports.formats import CHECKS

    return _written(asked, CHECKS)


def _written(asked: Asked, formats: Iterable[str]) -> Iterator[CompletionItem[str]]:
    name, found, file = asked.begun.partition("=")
    if not found:
        return (item(f"{name}=", finished=False) for name in formats if name.startswith(asked.begun))
    files = paths(asked.root, file, "")
    return (item(f"{name}={one.value}", finished=one.finished) for one in files)


KNOWN: Final[dict[str, Callable[[Asked], Iterator[CompletionItem[str]]]]] = {
    "accounts": _accounts,
    "addresses": _addresses,
    "checks": _checks,
    "clients": _clients,
    "fields": _fields,
    "folders": _folders,
    "kinds": _kinds,
    "movable": _movable,
    "plans": _plans,
    "runs": _runs,
    "selections": _selections,
    "sites": _sites,
    "sources": _sources,
    "targets": _targets,
}
