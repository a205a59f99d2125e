"""How many lines a site would take in a file of its own, where nothing is shared: what an import is measured by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconcile.importing.blacklists import Blacklists, Entries
from reconcile.importing.identity import Imported
from reconcile.importing.managers import Managers
from reconcile.importing.values import OMIT, Writer
from reconcile.importing.widgets import Look, Wardrobe, size
from reconcile.importing.yamltext import ENTRIES, lines
from reconcile.model.fields import Field


@dataclass(slots=True)
class Alone:
    """Counts as the same writer would write; what many sites have is counted once."""

    writer: Writer
    wardrobe: Wardrobe
    managers: Managers
    blacklists: Blacklists
    known: dict[tuple[str, Any], tuple[dict[str, Any], int]] = field(default_factory=dict)

    def lines(
        self,
        site: Imported,
        own: Mapping[str, tuple[Field, Any]],
        listed: Any,
        look: Look | None,
        blocked: Entries | None,
    ) -> int:
        """The lines of `sites:`, the address, and all that the site has."""
        body: dict[str, Any] = {"client": site.client} if site.client is not None else {}
        for path, (one, value) in own.items():
            raw = self.writer.over(one, value)
            if raw is not OMIT:
                body[path] = raw
        parts = [self.part("managers", listed), self.part("widget", look), self.part("blacklists", blocked)]
        if sum(size(part) for part, _ in parts) + len(body) <= ENTRIES:  # it may be a single line
            whole = body | {key: value for part, _ in parts for key, value in part.items()}
            return 1 + sum(1 for _ in lines({site.key: whole}, 2))
        return 2 + len(body) + sum(count for _, count in parts)

    def part(self, name: str, value: Any) -> tuple[dict[str, Any], int]:
        """What is said of one part, and the lines of that."""
        if (name, value) not in self.known:
            raw = self.raw(name, value)
            said = {name: raw} if raw else {}
            self.known[name, value] = (said, sum(1 for _ in lines(said, 4)))
        return self.known[name, value]

    def raw(self, name: str, value: Any) -> Any:
        """All of a part, in place."""
        if value is None or value is OMIT:
            return None
        if name == "managers":
            return [self.managers.raw(entry) for entry in value] if self.managers.can_say(value) else None
        if name == "widget":
            return self.wardrobe.alone(value)
        return [self.blacklists.raw(value)] if value else None
