"""Which live site each declared one is: by pinned id, by address, by previous address (design, section 3: identity)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from msgspec import Struct

from reconcile.model.resource import Desired, Live
from reconcile.planning.plan import Diagnostic, Severity


class Matches(Struct, frozen=True):
    """The declared sites with their live ones (None: there is none), the live sites left over, and what is wrong.

    A live site that a declared one may mean is not left over, even where it can't be told which one it means.
    """

    pairs: tuple[tuple[Desired, Live | None], ...]
    undeclared: tuple[Live, ...]
    diagnostics: tuple[Diagnostic, ...]


def match(desired: Sequence[Desired], live: Sequence[Live], url: int) -> Matches:
    """Matches one account's sites; `url` is the index of the field that is sent as the address.

    The surer sign goes first for all sites, so that a site can take over an address that another one gives up.
    """
    return _Matcher(desired, live, url).run()


class _Matcher:
    def __init__(self, desired: Sequence[Desired], live: Sequence[Live], url: int) -> None:
        self.desired = desired
        self.live = sorted(live, key=lambda site: site.id)
        self.url = url
        self.free: dict[str, list[Live]] = defaultdict(list)
        for site in self.live:
            self.free[site.address.name].append(site)
        self.found: dict[int, Live] = {}
        self.failed: set[int] = set()
        self.claimed: set[int] = set()
        self.diagnostics: list[Diagnostic] = []

    def run(self) -> Matches:
        self.by_id()
        self.by_name(lambda site: str(site.values[self.url]))
        self.by_name(lambda site: site.address.name)
        self.by_name(lambda site: site.previous)
        self.warn_of_leftovers()
        pairs = tuple(
            (site, self.found.get(index)) for index, site in enumerate(self.desired) if index not in self.failed
        )
        taken = self.claimed | {site.id for site in self.found.values()}
        return Matches(pairs, tuple(site for site in self.live if site.id not in taken), tuple(self.diagnostics))

    def fail(self, index: int, message: str) -> None:
        site = self.desired[index]
        self.failed.add(index)
        self.diagnostics.append(Diagnostic(Severity.ERROR, str(site.address), message))
        for name in (str(site.values[self.url]), site.address.name, site.previous or ""):
            self.claimed.update(candidate.id for candidate in self.free.get(name, ()))

    def take(self, index: int, site: Live) -> None:
        self.found[index] = site
        self.free[site.address.name].remove(site)

    def by_id(self) -> None:
        by_id = {site.id: site for site in self.live}
        pinned: dict[int, int] = {}
        for index, site in enumerate(self.desired):
            if site.id is None:
                continue
            if site.id in pinned:
                self.fail(index, f"{self.desired[pinned[site.id]].address} is pinned to the same id {site.id}")
            elif site.id not in by_id:
                self.fail(index, f"is pinned to id {site.id}, which no live site has; correct `id:` or take it away")
            else:
                pinned[site.id] = index
                self.take(index, by_id[site.id])

    def by_name(self, name_of: Callable[[Desired], str | None]) -> None:
        for index, site in enumerate(self.desired):
            if index in self.found or index in self.failed:
                continue
            name = name_of(site)
            candidates = [] if name is None else self.free.get(name, [])
            if len(candidates) > 1:
                ids = ", ".join(str(candidate.id) for candidate in candidates)
                self.fail(
                    index,
                    f"{len(candidates)} live sites have the address {candidates[0].address.human}, with ids {ids}; "
                    f"say which one is meant with `id: {candidates[0].id}`, or delete the others in the dashboard",
                )
            elif candidates:
                self.take(index, candidates[0])

    def warn_of_leftovers(self) -> None:
        """A site that was to be renamed, where both addresses are live: nobody but the user knows which one counts."""
        for index, site in enumerate(self.desired):
            if site.previous is not None and index in self.found and self.free.get(site.previous):
                left = self.free[site.previous][0]
                self.claimed.update(candidate.id for candidate in self.free[site.previous])
                self.diagnostics.append(
                    Diagnostic(
                        Severity.WARNING,
                        str(site.address),
                        f"both it and its previous address {left.address.human} (id {left.id}) are live, so nothing is "
                        "renamed, and the previous one is left alone; delete one of them, or take "
                        "`previous_address:` away",
                    )
                )
