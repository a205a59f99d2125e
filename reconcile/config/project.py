"""A project folder in, a desired state out; or every problem of every file, at once."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec import Struct

from reconcile.config.accounts import Services
from reconcile.config.compose import compose, is_whole
from reconcile.config.groups import Groups, RowOf
from reconcile.config.interpolate import Interpolator
from reconcile.config.load import NO_MAPPING, load_project
from reconcile.config.places import Place, Written, positions, problems
from reconcile.config.sections import Merger, Sections
from reconcile.config.tables import Tables
from reconcile.config.validate import check
from reconcile.errors import ConfigError, Problem
from reconcile.model.resource import Desired
from reconcile.model.state import DesiredState


class Loaded(Struct, frozen=True):
    """A project as it was written, and what it comes to; `written` is what stood where `${…}` was replaced.

    `groups` knows where the sites of site groups come from; `sources` are the real paths of the tables and of the files
    that `${file.…}` names.
    """

    sections: Sections
    written: Written
    groups: Groups
    state: DesiredState
    sources: frozenset[str]

    def row_of(self, resource: Desired) -> RowOf | None:
        """The row of a site group that a declared resource is made of; None for one that stands by itself."""
        if resource.address.kind != "site":
            return None
        position = next(number for number, site in enumerate(self.state.sites) if site is resource)
        return self.groups.row_of(position)

    def places(self) -> dict[int, Place]:
        """Where each declared resource stands, by its `id()`."""
        state, sections = self.state, self.sections.named
        made = {id(site): self.groups.place_of(n, site) for n, site in enumerate(state.sites)}
        made |= {id(client): sections["clients"][client.key].place for client in state.clients}
        for profile in state.profiles:
            account = sections["accounts"][profile.key].place
            made[id(profile)] = Place(account.file, (*account.keys, "profile"), at_key=True)
        return made

    def declared_at(self, root: Path, resources: Collection[Desired], policies: Collection[str]) -> Declared:
        """Where some resources and policies stand, as `file:line:column`, by their addresses and names."""
        made = self.places()
        places = {str(one.address): made[id(one)] for one in resources}
        named = {name: self.sections.named["policies"][name].place for name in policies}
        found = positions(root, (*places.values(), *named.values()))

        def shown(place: Place) -> str:
            line, column = found[place]
            return f"{place.file}:{line}:{column}"

        return Declared(
            {address: shown(place) for address, place in places.items()},
            {name: shown(place) for name, place in named.items()},
        )


class Declared(Struct, frozen=True):
    """Where things stand in the files, as `file:line:column`."""

    resources: Mapping[str, str]
    policies: Mapping[str, str]


def load_state(root: Path, environ: Mapping[str, str], services: Services) -> DesiredState:
    """The desired state of the project in `root`; see `load`."""
    return load(root, environ, services).state


def load(root: Path, environ: Mapping[str, str], services: Services) -> Loaded:
    """The project in `root`, and its desired state; `environ` is what `${env.NAME}` sees.

    Raises `ConfigError` with all that is wrong, sorted by file and line, and `ReconcileError` for a folder that holds
    no project.
    """
    loaded, wrong = survey(root, environ, services)
    if wrong:
        raise ConfigError(wrong, loaded.sources)
    return loaded


def survey(root: Path, environ: Mapping[str, str], services: Services) -> tuple[Loaded, list[Problem]]:
    """As much of the project in `root` as can be understood, and all that is wrong with the rest.

    Raises `ReconcileError` for a folder that holds no project.
    """
    documents, broken, faults, lists = load_project(root)
    interpolator, merger = Interpolator(root, environ), Merger()
    wrong = []
    for document in map(interpolator.document, documents):
        merger.note_names(document)
        checked, found = check(document)
        wrong += found
        merger.add(checked)
    tables = Tables(root, lists)
    sections = merger.sections()
    whole = not broken and is_whole([*faults, *interpolator.faults, *wrong, *merger.faults])
    state, groups, found = compose(sections, services, tables, interpolator.each, interpolator.written, whole=whole)
    broken += [
        Problem(file, 1, 1, f"{NO_MAPPING}a list, which no site group names as its table") for file in tables.unnamed()
    ]
    first = broken + problems(root, [*faults, *interpolator.faults], {})
    said = {(problem.file, problem.line, problem.column) for problem in first}
    later = problems(root, [*wrong, *merger.faults, *tables.faults, *found], interpolator.written)
    # What stands where something was said already follows from that.
    every = first + [problem for problem in later if (problem.file, problem.line, problem.column) not in said]
    sources = tables.named | {os.path.realpath(root / name) for name in interpolator.known}
    return Loaded(sections, interpolator.written, groups, state, frozenset(sources)), every
