"""`move`: a site's address is changed where it is declared, and the former one left beside it, so that it is a rename.

Only the characters that say the address change; a plan finds the live site by `previous_address`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from reconcile.editing.edits import Entries, respelled, written
from reconcile.editing.order import Guide
from reconcile.editing.rows import cell, column_of, inline_cell
from reconcile.editing.texts import Moved, Texts
from reconcile.editing.tree import Kind, Node, walk
from reconcile.errors import ReconcileError
from reconcile.model.address import Address
from reconcile.model.fields import site_kind
from reconcile.model.normalize import did_you_mean, human_address, quoted, read_address
from reconcile.model.resource import Desired
from reconcile.model.rollout import Chosen, read_size
from reconcile.model.state import DesiredState
from reconcile.planning.select import glob_matches, subject
from reconcile.planning.select.terms import holds
from reconcile.planning.waves import read_selection

PREVIOUS: Final = "previous_address"
_GLOB: Final = frozenset("*?[")


#: Whether a site was renamed, live, from its `previous_address` to the address that it has in the files.
Renamed = Callable[[str, Address], bool]


def moved(
    root: Path, state: DesiredState, old: str, new: str, renamed: Renamed = lambda previous, address: False
) -> Moved:
    """What gives the declared site `old` the address `new`; `renamed` is asked where the site was moved before.

    Raises `ReconcileError`; writes nothing.
    """
    site = _declared(state, old)
    address = _new_address(state, site, new)
    applied = site.previous is not None and renamed(site.previous, site.address)
    return _Move(Texts(root), state, site, site.address.name, address, site.file, applied).run()


def _declared(state: DesiredState, text: str) -> Desired:
    """The declared site that is meant by `acme.ru`, in whatever spelling, or by `studio/site/acme.ru`."""
    account, name = _split(state, text)
    try:
        address = read_address(name)
    except ValueError as error:
        raise ReconcileError(f"OLD: {error}") from None
    sites = [site for site in state.sites if account in (None, site.address.account)]
    found = [site for site in sites if site.address.name == address]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(site.address.shown for site in found)
        raise ReconcileError(f"{quoted(text)} is declared in several accounts; say which one is meant: {names}")
    sent = next((site for site in sites if _sent(site) == address), None)
    if sent is not None:
        raise ReconcileError(
            f"{quoted(text)} is what `url:` of {sent.address.human} says; change it there, or move {sent.address.human}"
        )
    hint = did_you_mean(human_address(address), [site.address.human for site in sites])
    raise ReconcileError(f"no file declares the site {quoted(text)}{hint or '; nothing was changed'}")


def _new_address(state: DesiredState, site: Desired, text: str) -> str:
    account, name = _split(state, text)
    try:
        address = read_address(name)
    except ValueError as error:
        raise ReconcileError(f"NEW: {error}") from None
    if account not in (None, site.address.account):
        raise ReconcileError(f"{site.address.shown} can't move to account {account}: a rename stays in one account")
    if address == site.address.name:
        raise ReconcileError(f"{quoted(text)} is the address that the site has; nothing was changed")
    for other in state.sites:
        same = other is not site and other.address.account == site.address.account
        if same and address in (other.address.name, _sent(other)):
            raise ReconcileError(f"{quoted(text)} is declared already, in {other.file}; nothing was changed")
    return address


def _split(state: DesiredState, text: str) -> tuple[str | None, str]:
    """The account, where one is said, and the rest of an address."""
    first, _, rest = text.partition("/site/")
    if rest and first in state.accounts:
        return first, rest
    return None, text.removeprefix("site/")


def _sent(site: Desired) -> str:
    """The address of what is sent as the site's URL: the one that it has live."""
    return str(site.values[site_kind().index("url")])


class _Move(Struct):
    texts: Texts
    state: DesiredState
    site: Desired
    old: str
    new: str
    #: Where the site is declared, or its override.
    file: str
    #: Whether its last move was applied.
    applied: bool
    notes: list[str] = field(default_factory=list)

    def run(self) -> Moved:
        if self.site.member.group:
            self.rewrite_row()
        else:
            self.rewrite_site()
        self.rewrite_protected()
        self.rewrite_waves()
        return Moved(self.texts.changes(), self.shown(self.old), self.shown(self.new), tuple(self.notes))

    def shown(self, address: str) -> str:
        """An address as people write it, where that means the same."""
        human = human_address(address)
        return human if read_address(human) == address else address

    def rewrite_site(self) -> None:
        file = self.site.file
        text, root = self.texts.tree(file)
        sites = root.get("sites")
        found = sites[1].get(self.site.key) if sites is not None else None
        if found is None:
            raise ReconcileError(
                f"{file}: {self.site.key} is brought in by an alias, and may be meant elsewhere, too; write it out"
            )
        key, value = found
        if self.site.previous is None and value.anchor in _aliases(root):
            raise ReconcileError(
                f"{file}: what {self.site.key} says is said of others, too, by the alias *{value.anchor}, and the "
                "former address would be; write it out, and move the site then; nothing was changed"
            )
        self.texts.edit(file, respelled(key, self.shown(self.new)))
        guide = Guide.project().entry("sites").entry(self.site.key)
        entries = Entries(text, self.texts.newline(file), key, value, guide)
        if self.rewrite_url(value):
            self.leave_previous(entries)

    def rewrite_row(self) -> None:
        """The cell of a row changes, and what is said of its site among the group's `overrides`."""
        name = self.site.member.group
        for file, root in self.texts.all("site_groups") if name is not None else ():
            groups = root.get("site_groups")
            found = groups[1].get(name) if groups is not None and name is not None else None
            if found is not None and found[1].kind is Kind.MAPPING:
                self.rewrite_cell(file, found[1])
                self.rewrite_override(file, *found)
                return
        raise self.by_hand()

    def rewrite_cell(self, file: str, group: Node) -> None:
        column, key, new = column_of(group), self.site.key, self.shown(self.new)
        edit = inline_cell(group, column, key, new) if column is not None else None
        if edit is not None:
            self.texts.edit(file, edit)
            return
        said = group.get("encoding")
        encoding = None if said is None else said[1].value
        found = cell(self.texts.root, self.site.file, column, key, new, encoding) if column is not None else None
        if found is None:
            raise self.by_hand()
        source, edit = found
        self.texts.sources[source.file] = source
        self.texts.edit(source.file, edit)

    def by_hand(self) -> ReconcileError:
        return ReconcileError(
            f"{self.shown(self.old)} is made from a row of {self.site.file} for site group {self.site.member.group}, "
            f"in a way that can't be followed back: change its address there, and write `{self.shown(self.new)}: "
            f"{{{PREVIOUS}: {self.shown(self.old)}}}` under the group's `overrides:`; nothing was changed"
        )

    def rewrite_override(self, file: str, key: Node, group: Node) -> None:
        self.file = file
        text, newline = self.texts.text(file), self.texts.newline(file)
        guide = Guide.project().entry("site_groups").entry(key.value)
        overrides = group.get("overrides")
        said = overrides[1].pairs if overrides is not None else ()
        own = next((pair for pair in said if _address(pair[0].value) == self.old), None)
        if own is not None:
            self.texts.edit(file, respelled(own[0], self.shown(self.new)))
            entries = Entries(text, newline, *own, guide.entry("overrides").entry(own[0].value))
            if own[1].get("url") is None or self.rewrite_url(own[1]):
                self.leave_previous(entries)
            return
        if self.site.previous is not None or _sent(self.site) != self.old:
            self.notes.append(f"the template says what the service knows the site by, or its `{PREVIOUS}`: look at it")
            return
        entry = f"{{{PREVIOUS}: {written(self.shown(self.old))}}}"
        name = written(self.shown(self.new))
        if overrides is not None:
            self.texts.edit(file, Entries(text, newline, *overrides, guide.entry("overrides")).put(name, entry))
        else:
            self.texts.edit(file, Entries(text, newline, key, group, guide).put("overrides", f"{{{name}: {entry}}}"))

    def rewrite_url(self, value: Node) -> bool:
        """Whether what is sent as the site's URL changes; what `url:` says of the old address changes with it."""
        if _sent(self.site) != self.old:
            self.notes.append(
                f"`url:` says {human_address(_sent(self.site))}, which is what the service knows the site by; it "
                "stays, and so nothing is renamed there"
            )
            return False
        pair = value.get("url")
        if pair is None and getattr(self.site.values[site_kind().index("url")], "written", None) is None:
            return True
        url = pair[1] if pair is not None else None
        if url is None or url.kind is not Kind.SCALAR or url.literal or "${" in url.value:
            raise ReconcileError(
                f"{self.file}: the `url:` of {self.site.key} is made elsewhere, by an alias or ${{…}}; write the "
                "new one there, or take it away, and move the site then"
            )
        if not url.empty and url.value not in ("~", "null"):
            self.texts.edit(self.file, respelled(url, self.in_place(url.value)))
        return True

    def in_place(self, url: str) -> str:
        """A URL with the new address in the place of the old one: its scheme and its last slash stay."""
        scheme, colon, rest = url.strip().rpartition("://")
        slash = "/" * (len(rest) - len(rest.rstrip("/")))
        ascii_only = "xn--" in rest.lower()
        return f"{scheme}{colon}{self.new if ascii_only else self.shown(self.new)}{slash}"

    def leave_previous(self, entries: Entries) -> None:
        """The former address stays until a plan was applied; the first one, where there was a rename before."""
        previous = self.site.previous
        if previous is None:
            self.texts.edit(self.file, entries.put(PREVIOUS, written(self.shown(self.old))))
        elif self.applied:
            there = entries.value.get(PREVIOUS)
            if there is None or there[1].kind is not Kind.SCALAR:
                where = f"{self.file}: `{PREVIOUS}` of {self.site.key}"
                raise ReconcileError(f"{where} comes by an alias; write {self.shown(self.old)} there")
            self.texts.edit(self.file, respelled(there[1], self.shown(self.old)))
            self.notes.append(
                f"`{PREVIOUS}` is {self.shown(self.old)} now, as a run has renamed {human_address(previous)} to that"
            )
        elif previous == self.new:
            if entries.value.get(PREVIOUS) is None:
                raise ReconcileError(f"{self.file}: `{PREVIOUS}` of {self.site.key} comes by an alias; write it out")
            self.texts.edit(self.file, entries.take(PREVIOUS))
            self.notes.append(f"`{PREVIOUS}` is gone: the site has its first address again")
        else:
            self.notes.append(
                f"`{PREVIOUS}: {human_address(previous)}` stays, as the address that the site has live; if that was "
                f"applied already, write {self.shown(self.old)} there"
            )

    def rewrite_protected(self) -> None:
        """`safety.protect` goes on to protect the site."""
        before, after = (self.site.address.named(name) for name in (self.old, self.new))
        for file, root in self.texts.all("protect"):
            safety = root.get("safety")
            protect = safety[1].get("protect") if safety is not None else None
            for item in protect[1].items if protect is not None else ():
                if item.kind is not Kind.SCALAR or not glob_matches(item.value, before):
                    continue
                if _GLOB.isdisjoint(item.value):
                    self.rewrite_address(file, item)
                elif not glob_matches(item.value, after):
                    self.notes.append(f"`safety.protect` has {quoted(item.value)}, which protects the site no longer")

    def rewrite_address(self, file: str, item: Node) -> None:
        """An entry that is just the address of the site, with its account where it has one."""
        _, name = _split(self.state, item.value)
        self.texts.edit(file, respelled(item, item.value.removesuffix(name) + self.shown(self.new)))

    def rewrite_waves(self) -> None:
        """A wave of just this site stays one; a selection that means it no longer is for a person to look at."""
        for file, root in self.texts.all("rollout"):
            rollout = root.get("rollout")
            waves = rollout[1].get("waves") if rollout is not None else None
            for item in waves[1].items if waves is not None else ():
                if item.kind is not Kind.SCALAR or not isinstance(size := read_size(item.value), Chosen):
                    continue
                if _GLOB.isdisjoint(item.value) and glob_matches(item.value, self.site.address):
                    self.rewrite_address(file, item)
                elif self.means_no_longer(size):
                    line = self.texts.text(file).count("\n", 0, item.start) + 1
                    self.notes.append(
                        f"{file}:{line}: the selection {quoted(item.value)} means the site's former address; change it "
                        "by hand"
                    )

    def means_no_longer(self, size: Chosen) -> bool:
        """Whether a wave's selection means the site at its former address only."""
        after = replace(self.site, address=self.site.address.named(self.new))
        node = read_selection(size)
        return bool(holds(node, subject(self.site))) and not holds(node, subject(after))


def _aliases(root: Node) -> set[str]:
    """The anchors that a file names."""
    return {node.value for node in walk(root) if node.kind is Kind.ALIAS}


def _address(text: str) -> str | None:
    """What an address means; None for what is none."""
    try:
        return read_address(text)
    except ValueError:
        return None
