"""What is to be said about a plan or a run, a line each: the same of many resources is said once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import click

from reconcile.escaping import clean
from reconcile.model.address import Address
from reconcile.planning.plan import Diagnostic, ManualStep, Plan, Severity
from reconcile.reports.words import some

_BY_HAND: Final = "by hand"
_COLOURS: Final[dict[str, str]] = {Severity.ERROR: "red", Severity.WARNING: "yellow", _BY_HAND: "magenta"}
#: No place of anything.
NOWHERE: Final[Mapping[str, str]] = MappingProxyType({})
#: Resources that are named where the same is said of more.
_NAMED: Final = 12


def said_texts(plan: Plan, *, colour: bool = False, full: bool = False) -> list[str]:
    """The diagnostics of a plan, and the steps by hand. With `full`, those of each resource by themselves."""
    return diagnostics_texts(plan.diagnostics, plan.manual, colour=colour, full=full)


def diagnostics_texts(
    diagnostics: Sequence[Diagnostic], manual: Sequence[ManualStep] = (), *, colour: bool = False, full: bool = False
) -> list[str]:
    """The same of some diagnostics and steps; where a policy says it, also where the resources are declared."""
    said = [(str(said.severity), said.address, said.message) for said in diagnostics]
    said += [(_BY_HAND, step.address, step.message) for step in manual]
    declared = {said.address: said.declared for said in diagnostics if said.declared}
    placed = {said.message for said in diagnostics if said.declared}
    same: dict[tuple[str, str, object], list[str]] = {}
    for word, address, message in said:
        same.setdefault((word, message, address if full else _place(address)), []).append(address)
    return [
        said_text(word, message, found, colour=colour, declared=declared if message in placed else {})
        for (word, message, _), found in same.items()
    ]


def said_text(
    word: str, message: str, addresses: Sequence[str], *, colour: bool = False, declared: Mapping[str, str] = NOWHERE
) -> str:
    """What is said of an account, of a resource, or of several in one account, those with where they are `declared`."""
    mark = click.style(word, fg=_COLOURS[word], bold=True) if colour else word
    where = clean(_where(addresses, declared))
    return f"{mark}: {where}: {clean(message)}" if where else f"{mark}: {clean(message)}"


def _place(address: str) -> tuple[str, ...]:
    """An address without the name that is in it: `studio/site`."""
    return tuple(address.split("/", 2)[:2])


def _where(addresses: Sequence[str], declared: Mapping[str, str]) -> str:
    """`studio/site/acme.ru`, or `studio: 40 sites (acme.ru, globex.ru and 38 more)`; of an account, its name."""
    if "/" not in addresses[0]:
        return addresses[0]
    first, *more = (Address.parse(address) for address in addresses)
    if not more:
        return _with(first.shown, declared.get(addresses[0]))
    names = some([first, *more], _NAMED, lambda address: _with(address.human, declared.get(str(address))))
    return f"{first.account}: {len(addresses)} {first.kind}s ({names})"


def _with(name: str, place: str | None) -> str:
    return f"{name} ({place})" if place else name
