"""The file itself: style, script, texts and data in one page, and the policy that lets nothing else in."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from reconcile.planning.plan import Plan
from reconcile.reports.html.data import report_data
from reconcile.reports.text import plan_text, summary_text

_HERE: Final = Path(__file__).parent
LANGUAGES: Final = ("en", "ru")
#: The parts of the script, in the order in which each builds on those before it.
SCRIPT: Final = ("read", "words", "nodes", "filters", "units", "changes", "week", "place", "lists", "main")
_SLOT: Final = re.compile(r"\{\{ (\w+) \}\}")
#: What would end a `script` element or begin a comment in it, and line ends that are none in JSON.
_UNSAFE: Final = re.compile("[<>&\u2028\u2029]")


def plan_html(plan: Plan, *, refused: bool = False) -> str:
    """A plan as one self-contained page. What it shows is text to the browser, whatever it looks like.

    `refused`: `apply` would not carry it out, and not only because of policies, which the plan itself knows.
    """
    refused = refused or bool(plan.breaches)
    slots = {
        **_parts(),
        "title": html.escape(summary_text(plan)),
        "heading": html.escape(texts("en")["title_refused" if refused else "title"]),
        "data": json_script({"refused": refused, **report_data(plan)}),
        "plan": html.escape(plan_text(plan)),
    }
    return filled((_HERE / "page.html").read_text(encoding="utf-8"), slots)


def filled(template: str, slots: Mapping[str, str]) -> str:
    """The template with its `{{ name }}` replaced, in one pass: what is put in is not looked at again."""
    return _SLOT.sub(lambda match: slots[match[1]], template)


def json_script(data: Any) -> str:
    """JSON that can stand in a `script` element: the same data, without a character that HTML knows."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def texts(language: str) -> dict[str, Any]:
    """All that the page says in a language."""
    made: dict[str, Any] = json.loads((_HERE / "texts" / f"{language}.json").read_text(encoding="utf-8"))
    return made


@functools.cache
def _parts() -> dict[str, str]:
    """What is the same in every report."""
    style = (_HERE / "style.css").read_text(encoding="utf-8")
    parts = [(_HERE / "script" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPT]
    script = '\n"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"
    return {
        "style": style,
        "script": script,
        "texts": json_script({language: texts(language) for language in LANGUAGES}),
        "policy": html.escape(_policy(style, script)),
    }


def _policy(style: str, script: str) -> str:
    """Content-Security-Policy: this style and this script, and nothing from anywhere."""
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
