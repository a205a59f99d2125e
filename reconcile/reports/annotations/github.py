"""Annotations of GitHub Actions: commands on standard output, which a job's log turns into remarks at lines.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconcile.escaping import clean
from reconcile.planning.plan import Severity
from reconcile.reports.annotations import PROJECT, Annotation, Checked
from reconcile.reports.gfm import clip

#: GitHub shows so many of a step, and drops the others without a word.
MOST: Final = 10
#: Characters of a message; GitHub cuts those beyond 4,096 bytes.
_LONGEST: Final = 1000
TITLE: Final = "reconcile"


def checked_github(checked: Checked) -> str:
    """A command for each, errors first; where they are more than GitHub shows, the last counts the rest."""
    found = checked.found
    if len(found) <= MOST:
        return "".join(map(_command, found))
    shown, rest = found[: MOST - 1], found[MOST - 1 :]
    errors = sum(one.level is Severity.ERROR for one in rest)
    numbers = {"error": errors, "warning": len(rest) - errors}
    said = " and ".join(
        f"{number} more {word}{'' if number == 1 else 's'}" for word, number in numbers.items() if number
    )
    last = Annotation(rest[0].level, f"{said} of {len(found)} in all; the step's log has every one")
    return "".join(map(_command, [*shown, last]))


def _command(one: Annotation) -> str:
    where: dict[str, str] = {}
    if one.path:
        where["file"] = clean(one.path)
        if one.line:
            where |= {"line": str(one.line), "col": str(one.column)}
    title = TITLE if one.rule == PROJECT else f"{TITLE}: {one.rule}"
    return f"::{one.level.value} {_properties(where | {'title': title})}::{_data(clip(one.text, _LONGEST))}\n"


def _properties(values: Mapping[str, str]) -> str:
    return ",".join(f"{name}={_property(value)}" for name, value in values.items())


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
