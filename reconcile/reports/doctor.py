"""What `doctor` found, as text and as JSON; findings by account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import click

from reconcile.escaping import clean
from reconcile.planning.planfile import FORMAT_VERSION
from reconcile.providers.base import Check, Level
from reconcile.reports.json import text

_COLOURS: Final[Mapping[str, str]] = {
    Level.OK: "green",
    Level.SKIP: "cyan",
    Level.WARNING: "yellow",
    Level.ERROR: "red",
}
_WIDTH: Final = max(map(len, Level))


def doctor_text(found: Mapping[str, Sequence[Check]], *, colour: bool = False) -> str:
    """A line a finding, below its account's name; the method that it is about at its end."""
    lines = []
    for name, checks in found.items():
        lines.append(f"{clean(name)}:")
        for check in checks:
            level = check.level.ljust(_WIDTH)
            mark = click.style(level, fg=_COLOURS.get(check.level)) if colour else level
            method = f" [{check.request}]" if check.request else ""
            lines.append(f"  {mark} {clean(f'{check.subject}: {check.message}{method}')}")
    return "".join(f"{line}\n" for line in lines)


def doctor_json(found: Mapping[str, Sequence[Check]]) -> str:
    """All findings in one list."""
    data = [
        {
            "account": name,
            "level": check.level,
            "subject": check.subject,
            "message": check.message,
            "request": check.request or None,
        }
        for name, checks in found.items()
        for check in checks
    ]
    return text({"format_version": FORMAT_VERSION, "checks": data})
