"""A project folder in, a desired state out; or every problem of every file, at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconcile.config.accounts import Services
from reconcile.config.compose import compose
from reconcile.config.interpolate import Interpolator
from reconcile.config.load import NO_MAPPING, load_project
from reconcile.config.places import problems
from reconcile.config.sections import Merger
from reconcile.config.tables import Tables
from reconcile.config.validate import check
from reconcile.errors import ConfigError, Problem
from reconcile.model.state import DesiredState


def load_state(root: Path, environ: Mapping[str, str], services: Services) -> DesiredState:
    """The desired state of the project in `root`; `environ` is what `${env.NAME}` sees.

    Raises `ConfigError` with all that is wrong, sorted by file and line, and `ReconcileError` for a folder that holds
    no project.
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
    state, found = compose(merger.sections(), services, tables, interpolator.each)
    broken += [
        Problem(file, 1, 1, f"{NO_MAPPING}a list, which no site group names as its table") for file in tables.unnamed()
    ]
    first = broken + problems(root, [*faults, *interpolator.faults], {})
    said = {(problem.file, problem.line, problem.column) for problem in first}
    later = problems(root, [*wrong, *merger.faults, *tables.faults, *found], interpolator.written)
    # What stands where something was said already follows from that.
    every = first + [problem for problem in later if (problem.file, problem.line, problem.column) not in said]
    if every:
        raise ConfigError(every)
    return state
