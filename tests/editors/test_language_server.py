"""The real yaml-language-server reads a project's files by their first lines: it completes, explains, and finds faults.

`make long` installs it (npm) and runs this; by itself: RECONCILE_YAML_LANGUAGE_SERVER=…/yaml-language-server.
"""

from __future__ import annotations

import os
import shutil

import language_server
import pytest

from reconcile.model.editors import modeline

pytestmark = pytest.mark.long

#: For each file of a project: its text, with what is asked at the marks. `⌶n` is a cursor, `✗` begins what is wrong.
RECONCILE = """\
version: 1
accounts:
  studio:
    provider: pozvonim
    uid: ${env.POZVONIM_UID}
    api_key: ${env.POZVONIM_API_KEY}
    time⌶1out: ${env.TIMEOUT}
    prune: ✗maybe
    encoding: ⌶2
safety: {max_deletes: "${env.MOST:-5}", ✗max_delete: 3}
"""
SITES = """\
widgets:
  standard: {<<: {call_time: 28}, mobile_enable: "${env.MOBILE}", schelude: office}
sites:
  Окна-Мастер.рф:
    managers: [{phone: +7 495 123-45-67, name: Анна}]
    labels: {tier: gold}
    ⌶1
    widget:
      extends: standard
      call_⌶2time: 35
      button_position_x: ✗101
      schedule: {weekdays: 9-18, saturday: ✗9-25}
"""
GROUP = """\
site_groups:
  dealers:
    from: dealers.csv
    address: ${each.host}
    delimiter: ⌶1
    template:
      prevent_destroy: ${each.keep}
      report_period: ${each.period:-3600}
      widget: {call_time: "${each.seconds}", button_position_x: "✗far left"}
      rep⌶2ort_analytic: false
"""


@pytest.fixture(scope="module")
def editor():
    server = language_server.program()
    if server is None:
        assert not os.environ.get("RECONCILE_TESTS_NEED_EDITORS"), "yaml-language-server is not installed"
        pytest.skip("yaml-language-server is not installed; `make long` does that")
    with language_server.running(server) as running:
        yield running


@pytest.fixture
def opened(editor, reconcile, tmp_path):
    """Opens a file of a new project; gives the lines at which something is wrong, and asks at its marks."""
    assert reconcile("init", "project").returncode == 0

    def opened(file, marked):
        marked = modeline(file) + marked
        plain = marked.replace("✗", "")
        for mark in ("⌶1", "⌶2"):
            plain = plain.replace(mark, "")
        path = tmp_path / "project" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        found = [(said["range"]["start"]["line"], said["message"]) for said in editor.open(path, plain)]
        wrong = sorted(number for number, line in enumerate(marked.splitlines()) for _ in range(line.count("✗")))

        def at(mark):
            before = marked.replace("✗", "").replace("⌶2" if mark == 1 else "⌶1", "").partition(f"⌶{mark}")[0]
            return path, before.count("\n"), len(before) - before.rfind("\n") - 1

        return sorted(found), wrong, at

    return opened


def test_the_account_in_reconcile_yaml(editor, opened):
    found, wrong, at = opened("reconcile.yaml", RECONCILE)
    timeout = editor.hover(*at(1))
    encodings = editor.complete(*at(2))

    assert [line for line, _ in found] == sorted([*wrong, 9]), found  # and the encoding that is not said yet
    assert any("Expected true or false." in message for _, message in found)
    assert any("max_delete" in message for _, message in found)
    assert "Seconds without a byte after which a request is given up" in timeout
    assert "Default: 60." in timeout
    assert {"form", "json"} <= encodings.keys()
    assert encodings["json"]["documentation"] == "As JSON."


def test_a_file_of_sites_below_the_project(editor, opened):
    found, wrong, at = opened("клиенты/окна мастер/sites.yaml", SITES)
    keys = editor.complete(*at(1))
    call_time = editor.hover(*at(2))

    assert [line for line, _ in found] == wrong, found
    assert [message for _, message in found] == [
        "Value is above the maximum of 100.",
        "Expected something like 9-18 or 10:30-15 or closed.",
    ]
    assert {"report_email", "blacklists", "manager_rule", "url"} <= keys.keys()
    assert not {"managers", "labels", "phone"} & keys.keys()
    assert "Where reports go." in str(keys["report_email"]["documentation"])
    assert "Seconds in which a manager is promised to call. The service's default: 28." in call_time


def test_a_group_whose_rows_fill_in_numbers_and_flags(editor, opened):
    found, wrong, at = opened("dealers.yaml", GROUP)
    delimiters = editor.complete(*at(1))
    analytic = editor.hover(*at(2))

    assert [line for line, _ in found] == sorted([*wrong, 5]), found
    assert "Expected a whole number." in [message for _, message in found]
    assert any("Semicolon" in label or ";" in label for label in delimiters), delimiters.keys()
    assert "Put analytics into reports." in analytic


def test_the_files_of_the_starter_and_of_the_examples_have_no_faults(editor, reconcile, repository, tmp_path):
    assert reconcile("init", "starter").returncode == 0
    shutil.copytree(repository / "schemas", tmp_path / "schemas")
    shutil.copytree(repository / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns(".*"))

    files = [*sorted((tmp_path / "starter").rglob("*.yaml")), *sorted((tmp_path / "examples").rglob("*.yaml"))]
    assert len(files) > 15
    for path in files:
        assert editor.open(path, path.read_text(encoding="utf-8")) == [], path
    broken = editor.open(
        tmp_path / "starter" / "more.yaml", modeline("x.yaml") + "sites:\n  acme.ru: {manager: [anna]}\n"
    )
    assert [said["message"] for said in broken] == ["Property manager is not allowed."]
