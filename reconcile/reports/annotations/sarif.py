"""SARIF 2.1.0, as GitHub's code scanning and editors read it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from reconcile import __version__
from reconcile.reports.annotations import PROJECT, Annotation, Checked, fingerprints, shown_path
from reconcile.reports.json import text

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_ABOUT: Final = {PROJECT: "The project can be used: every file, field, name and value is as documented."}


def checked_sarif(checked: Checked) -> str:
    """A run, with a result for each problem."""
    rules = sorted({PROJECT, *(one.rule for one in checked.found)})
    about = {**_ABOUT, **checked.about}
    marks = fingerprints(checked.found)
    run = {
        "tool": {
            "driver": {
                "name": "reconcile",
                "semanticVersion": __version__,
                "rules": [
                    {"id": rule, "shortDescription": {"text": about.get(rule, f"The project's own rule {rule}.")}}
                    for rule in rules
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, rules.index(one.rule), mark) for one, mark in zip(checked.found, marks, strict=True)],
    }
    return text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _result(one: Annotation, rule: int, mark: str) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(shown_path(one)), "uriBaseId": "%SRCROOT%"}}
    if one.line:
        place["region"] = {"startLine": one.line, "startColumn": max(one.column, 1)}
    return {
        "ruleId": one.rule,
        "ruleIndex": rule,
        "level": one.level.value,
        "message": {"text": one.text},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"reconcile/v1": mark},
    }
