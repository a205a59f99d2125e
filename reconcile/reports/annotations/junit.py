"""JUnit's XML, as CI systems read it: a suite in which every problem is a test that failed."""

from __future__ import annotations

from collections import Counter
from typing import Final
from xml.etree import ElementTree as ET  # only writes

from reconcile.escaping import clean
from reconcile.planning.plan import Severity
from reconcile.reports.annotations import PROJECT, Annotation, Checked, shown_path

_SUITE: Final = "reconcile validate"
_CLASS: Final = "reconcile.validate"


def checked_junit(checked: Checked) -> str:
    """A suite with a test for each problem; one that passes where no error is."""
    errors = checked.errors
    numbers = {
        "tests": str(len(checked.found) + (not errors)),
        "failures": str(errors),
        "errors": "0",
        "skipped": "0",
        "time": "0",
    }
    suites = ET.Element("testsuites", {"name": _SUITE, **numbers})
    suite = ET.SubElement(suites, "testsuite", {"name": _SUITE, **numbers})
    if not errors:
        ET.SubElement(suite, "testcase", {"classname": _CLASS, "name": checked.summary, "time": "0"})
    names: Counter[str] = Counter()
    for one in checked.found:
        names[name := _name(one)] += 1
        _case(suite, one, f"{name} ({names[name]})" if names[name] > 1 else name)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _at(one: Annotation) -> str:
    return f"{shown_path(one)}:{one.line}:{one.column}" if one.line else shown_path(one)


def _name(one: Annotation) -> str:
    """`sites.yaml:7:13 policy/saturdays studio/site/acme.ru`: of tests with one name GitLab shows the first alone."""
    rule = "" if one.rule == PROJECT else clean(one.rule)
    return " ".join(filter(None, [_at(one), rule, clean(one.address)]))


def _case(suite: ET.Element, one: Annotation, name: str) -> None:
    at = _at(one)
    place = {"file": shown_path(one), **({"line": str(one.line)} if one.line else {})}
    case = ET.SubElement(suite, "testcase", {"classname": _CLASS, "name": name, **place, "time": "0"})
    if one.level is Severity.ERROR:
        failure = ET.SubElement(case, "failure", {"message": one.text, "type": one.rule})
        failure.text = f"{at}: {one.text}"
    else:
        ET.SubElement(case, "system-out").text = f"{at}: {one.level.value}: {one.text}"
