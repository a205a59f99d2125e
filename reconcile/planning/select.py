"""Which resources a run is about: `--select '*.ru'`, `--select tier=gold`; several are added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from reconcile.errors import PlanError
from reconcile.model.address import Address
from reconcile.model.normalize import human_address, read_address
from reconcile.model.resource import NOTHING, Desired, Live
from reconcile.model.state import DesiredState


@dataclass(slots=True)
class Selection:
    """The expressions of a selection; none selects everything. Remembers which of them have matched."""

    expressions: tuple[str, ...] = ()
    matched: set[str] = field(default_factory=set)

    def has(self, resource: Desired | Live) -> bool:
        """Whether a resource is selected; labels are those of declared sites only."""
        return self._any(resource.address, resource.member.labels if isinstance(resource, Desired) else NOTHING)

    def concerns(self, account: str, desired: DesiredState) -> bool:
        """Whether anything is selected that is declared in an account."""
        declared = (*desired.profiles, *desired.clients, *desired.sites)
        return not self.expressions or any(self.has(one) for one in declared if one.address.account == account)

    def _any(self, address: Address, labels: Mapping[str, str]) -> bool:
        if not self.expressions:
            return True
        hit = [expression for expression in self.expressions if _matches(expression, address, labels)]
        self.matched.update(hit)
        return bool(hit)

    def require_match(self) -> None:
        """Raises `PlanError` for an expression that has matched nothing: most likely it is misspelt."""
        missed = [e for e in self.expressions if e not in self.matched]
        if missed:
            raise PlanError(
                f"--select {' '.join(missed)} matches nothing; it takes an address, a glob such as '*.ru', "
                "or a label such as tier=gold"
            )


EVERYTHING = Selection()


def selection(expressions: Sequence[str]) -> Selection:
    """The selection of the command line's expressions."""
    return Selection(tuple(expressions))


def glob_matches(pattern: str, address: Address) -> bool:
    """Whether a glob means an address: the whole of it, or its site in either spelling, whatever the case."""
    pattern = pattern.lower()
    with suppress(ValueError):  # a glob is no address
        if read_address(pattern) == address.name:
            return True
    return any(fnmatchcase(text.lower(), pattern) for text in (address.name, human_address(address.name), str(address)))


def _matches(expression: str, address: Address, labels: Mapping[str, str]) -> bool:
    key, equals, value = expression.partition("=")
    if equals:
        return key in labels and fnmatchcase(labels[key], value)
    return glob_matches(expression, address)
