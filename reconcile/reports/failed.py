"""An error in the place of a plan, as a document of the format that the plan would have had."""

from __future__ import annotations

import html
from typing import Final

from reconcile.errors import ConfigError, ReconcileError
from reconcile.escaping import clean
from reconcile.model.normalize import count
from reconcile.reports.gfm import LINE, clip, fitting, span
from reconcile.reports.markdown import LIMIT

#: What is kept for the heading, and for how much is left out.
_FRAME: Final = 300
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body>
<main>
<h1>{title}</h1>
<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{lines}</pre>
</main>
</body>
</html>
"""


def error_lines(error: ReconcileError) -> list[str]:
    """What is wrong, a line each, safe to be shown."""
    problems = error.problems if isinstance(error, ConfigError) else str(error).split("\n")
    return [clean(str(problem)) for problem in problems]


def error_text(error: ReconcileError) -> str:
    """The error as it is printed."""
    return "\n".join(error_lines(error)) + "\n"


def error_markdown(error: ReconcileError) -> str:
    """The error for a comment on a pull request; shorter than every plan may be, with what is left out counted."""
    lines = [f"- {span(clip(line.strip(), LINE))}" for line in error_lines(error) if line.strip()]
    shown = fitting(lines, LIMIT - _FRAME)
    more = [f"**And {count(len(lines) - len(shown), 'more line')}; `reconcile validate` shows all of it.**"]
    return "\n\n".join([f"### {_title(error)}", "\n".join(shown), *(more if len(shown) < len(lines) else [])]) + "\n"


def error_html(error: ReconcileError) -> str:
    """The error as a page of its own."""
    return _PAGE.format(title=_title(error), lines=html.escape("\n".join(error_lines(error))))


def _title(error: ReconcileError) -> str:
    if isinstance(error, ConfigError):
        return f"No plan: {count(len(error.problems), 'problem')} in the project"
    return "No plan: an error"
