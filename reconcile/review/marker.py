"""The hidden first line of a comment or issue, by which it is found again. Pure.

It says which plan the text below it is of, so that a run knows whether it is the newer one, and an apply which plan
was reviewed. It proves nothing: who may edit the comment may edit it, too.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from reconcile.errors import UsageError

PLAN: Final = "plan"
DRIFT: Final = "drift"
#: A name can stand in a comment of HTML, in the name of an artifact, and in a concurrency group.
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._]|-(?!-)){0,39}")
_MARKER: Final = re.compile(
    r"<!-- reconcile:(?P<kind>plan|drift) name=(?P<name>[A-Za-z0-9._-]{1,40}) commit=(?P<commit>[0-9a-f]{0,64}) "
    r"digest=(?P<digest>(?:sha256:[0-9a-f]{64})?) run=(?P<run>[0-9]{1,18}) "
    r"at=(?P<at>(?:[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z)?) -->"
)


class Marker(Struct, frozen=True):
    """What a text is of: a commit (hexadecimal), the digest of a saved plan or nothing, the run that wrote it, and when
    that run began to plan (`now`).
    """

    kind: str
    name: str
    commit: str = ""
    digest: str = ""
    run: int = 0
    at: str = ""

    def __str__(self) -> str:
        return (
            f"<!-- reconcile:{self.kind} name={self.name} commit={self.commit} digest={self.digest} "
            f"run={self.run} at={self.at} -->"
        )

    @property
    def age(self) -> tuple[str, int]:
        """Larger for the fresher plan, whichever run it is of: an old one that is run again plans anew."""
        return self.at, self.run


def found(text: str, kind: str, name: str) -> Marker | None:
    """The marker at the beginning of a text, if it is of this kind and name.

    Further below it might be a quotation, or come from a value of the plan.
    """
    match = _MARKER.match(text.lstrip("\ufeff \t\r\n"))
    if match is None or (match["kind"], match["name"]) != (kind, name):
        return None
    return Marker(kind, name, match["commit"], match["digest"], int(match["run"]), match["at"])


def now() -> str:
    """The time in UTC, in milliseconds (ISO 8601): as text it is ordered as it is in time."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def require_name(name: str) -> str:
    """A name of a plan as it may be. Raises `UsageError`."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f'a plan\'s name has up to 40 letters, digits, dots, underscores and single hyphens, not "{name[:60]}"'
        )
    return name
