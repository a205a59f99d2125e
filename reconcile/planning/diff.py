"""Desired against live, and what it takes to get from the one to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from reconcile.model.capabilities import Action
from reconcile.model.fields import UNMANAGED, Field, Kind
from reconcile.model.normalize import Spelled
from reconcile.model.resource import Desired, Live, fingerprint
from reconcile.model.state import DesiredState, LiveAccount
from reconcile.planning.match import match
from reconcile.planning.plan import Change, Diagnostic, FieldChange, Plan, Severity
from reconcile.planning.select import EVERYTHING, Selection

#: The order of kinds within an account.
KIND_ORDER: Final = {"profile": 0, "client": 1, "site": 2}


def build_plan(
    kind: Kind,
    desired: DesiredState,
    live: Mapping[str, LiveAccount],
    *,
    selection: Selection = EVERYTHING,
    unread: Sequence[Diagnostic] = (),
) -> Plan:
    """What makes `live` as it is declared.

    Only accounts in `live` are planned for: one whose read failed is not there, and `unread` says why.
    Raises `PlanError` where the selection matches nothing.
    """
    changes: list[Change] = []
    diagnostics = list(unread)
    noop = 0
    by_account: dict[str, list[Desired]] = {name: [] for name in live}
    for site in desired.sites:
        if site.address.account in by_account:
            by_account[site.address.account].append(site)
    for name, account in live.items():
        matches = match(by_account[name], account.sites, kind.index("url"))
        diagnostics += _selected(matches.diagnostics, by_account[name], selection)
        for site, found in matches.pairs:
            if not selection.has(site):
                continue
            change = _change(kind, site, found)
            if isinstance(change, Diagnostic):
                diagnostics.append(change)
            elif change is None:
                noop += 1
            else:
                changes.append(change)
        if desired.accounts[name].prune:
            changes += [_prune(kind, site) for site in matches.undeclared if selection.has(site)]
    if not unread:  # else, what it means may be in what could not be read
        selection.require_match()
    return _plan(changes, noop, live, diagnostics)


def build_destroy_plan(
    kind: Kind,
    desired: DesiredState,
    live: Mapping[str, LiveAccount],
    *,
    selection: Selection = EVERYTHING,
    unread: Sequence[Diagnostic] = (),
) -> Plan:
    """What deletes the declared sites. Raises `PlanError` where the selection matches nothing."""
    changes: list[Change] = []
    diagnostics = list(unread)
    for name, account in live.items():
        declared = [site for site in desired.sites if site.address.account == name]
        matches = match(declared, account.sites, kind.index("url"))
        diagnostics += _selected(matches.diagnostics, declared, selection)
        for site, found in matches.pairs:
            if not selection.has(site):
                continue
            if found is not None:
                change = _delete(kind, found, "destroy deletes what is declared")
                changes.append(replace(change, address=site.address, prevent_destroy=site.prevent_destroy))
    if not unread:  # else, what it means may be in what could not be read
        selection.require_match()
    return _plan(changes, 0, live, diagnostics)


def _selected(diagnostics: Sequence[Diagnostic], declared: Sequence[Desired], selection: Selection) -> list[Diagnostic]:
    by_address = {str(site.address): site for site in declared}
    return [diagnostic for diagnostic in diagnostics if selection.has(by_address[diagnostic.address])]


def _plan(changes: list[Change], noop: int, live: Mapping[str, LiveAccount], diagnostics: Sequence[Diagnostic]) -> Plan:
    ordered = sorted(changes, key=lambda c: (c.address.account, KIND_ORDER[c.address.kind], c.address.name, c.id or 0))
    sizes = {name: len(account.sites) for name, account in live.items()}
    return Plan(tuple(ordered), noop, sizes, tuple(sorted(diagnostics)))


def _change(kind: Kind, site: Desired, found: Live | None) -> Change | Diagnostic | None:
    """The change that a declared site needs; None where it needs none."""
    differing = () if found is None else compare(kind, site.values, found.values)
    if found is not None and not differing:
        return None
    lacking = _lacking(kind, site, found)
    if lacking is not None:
        return Diagnostic(Severity.ERROR, str(site.address), lacking)
    if found is None:
        fields = tuple(
            FieldChange(field, None, value)
            for field, value in zip(kind.fields, site.values, strict=True)
            if value is not UNMANAGED
        )
        return Change(site.address, Action.CREATE, f"declared in {site.file}, not live", fields=fields)
    return Change(
        site.address,
        Action.UPDATE,
        _why_update(kind, site, found),
        id=found.id,
        fields=differing,
        context=_context(kind, site.values, differing, found.values),
        fingerprint=fingerprint(kind, found),
    )


def compare(kind: Kind, desired: Sequence[Any], live: Sequence[Any]) -> tuple[FieldChange, ...]:
    """The managed fields whose canonical values differ."""
    if desired == live:
        return ()
    return tuple(
        FieldChange(field, before, after)
        for field, after, before in zip(kind.fields, desired, live, strict=True)
        if after is not UNMANAGED and after != before
    )


def _context(
    kind: Kind, desired: Sequence[Any], differing: Sequence[FieldChange], live: Sequence[Any]
) -> tuple[FieldChange, ...]:
    """What does not differ and goes with what does."""
    changed = {item.field.index for item in differing}
    days = {i for day in kind.days if not changed.isdisjoint(day) for i in day}
    return tuple(
        FieldChange(field, before, before if after is UNMANAGED else after)
        for field, before, after in zip(kind.fields, live, desired, strict=True)
        if field.index not in changed and (field.index in days or _says_more(field, after))
    )


def _says_more(field: Field, value: Any) -> bool:
    """Whether a declared value says more than the live one that it equals.

    It may have a spelling, or be blank on purpose where a field that is not sent gets a default.
    """
    return isinstance(value, Spelled) or (value == field.nothing and field.default not in (UNMANAGED, field.nothing))


def _why_update(kind: Kind, site: Desired, found: Live) -> str:
    if site.values[kind.index("url")] == found.address.name:
        return f"differs from {site.file}"
    if found.address.name == site.previous:
        return f"renamed from {found.address.human} in {site.file}"
    return f"is {found.address.human} now, and declared otherwise in {site.file}"


def _lacking(kind: Kind, site: Desired, found: Live | None) -> str | None:
    """What the service requires and neither side has; an incomplete object is never sent (api.md 1.5)."""
    for field in kind.fields:
        if not field.required:
            continue
        value = site.values[field.index]
        if value is UNMANAGED:
            value = field.default if found is None else found.values[field.index]
        if value is UNMANAGED or value == field.nothing:
            state = "would be created" if found is None else "is live"
            return f"{state} without `{field.path}`, which the service requires; declare it in {site.file}"
    return None


def _prune(kind: Kind, site: Live) -> Change:
    return _delete(kind, site, f"live, declared in no file, and account {site.address.account} has `prune: true`")


def _delete(kind: Kind, site: Live, reason: str) -> Change:
    return Change(site.address, Action.DELETE, reason, id=site.id, fingerprint=fingerprint(kind, site))
