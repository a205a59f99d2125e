"""The provider that docs/providers.md shows, installed beside the program as its users would install one."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "providers.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


MODULE, WITHOUT_DELETE = blocks("python")
(ENTRY_POINT,), (PROJECT,), (MANUAL,) = blocks("toml"), blocks("yaml"), blocks("text")
#: окна.рф, as it is sent.
WINDOWS = "xn--80atjc.xn--p1ai"
#: One site less, and a longer wait on the other.
CHANGED = PROJECT.replace("28", "35").replace("    uid:", "    prune: true\n    uid:").split("  acme.ru")[0]
CAPABILITIES = re.search(r"^    capabilities = .*?^    \)\n", MODULE, re.MULTILINE | re.DOTALL)[0]


class Installed:
    """The package of the page, a folder of its accounts' files, and a project that uses them."""

    def __init__(self, folder, reconcile, module=MODULE):
        self.root, self.sites, self.packages = folder / "project", folder / "sites", folder / "packages"
        self.store = self.sites / "studio.json"
        about = tomllib.loads(ENTRY_POINT)["project"]
        info = self.packages / f"{about['name'].replace('-', '_')}-{about['version']}.dist-info"
        for made in (self.root, self.sites, info):
            made.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n")
        points = about["entry-points"].items()
        lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in named.items()) for group, named in points]
        (info / "entry_points.txt").write_text("".join(lines))
        (self.packages / "jsonfile.py").write_text(module, encoding="utf-8")
        self.store.write_text("{}")
        self.reconcile = reconcile
        self.declare(PROJECT)

    def declare(self, project):
        text = project.replace("file:///srv/sites", self.sites.as_uri())
        (self.root / "project.yaml").write_text(text, encoding="utf-8")

    def run(self, *args, expect=0, only_output=False):
        path = os.pathsep.join(filter(None, [str(self.packages), os.environ.get("PYTHONPATH")]))
        done = self.reconcile(*args, cwd=self.root, env={"PYTHONPATH": path})
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + ("" if only_output else done.stderr)

    def plan(self, expect=2):
        return json.loads(self.run("plan", "--detailed-exitcode", "--format", "json", expect=expect, only_output=True))

    def kept(self):
        return {site["url"]: site for site in json.loads(self.store.read_text(encoding="utf-8")).values()}


@pytest.fixture
def installed(tmp_path, reconcile):
    return Installed(tmp_path, reconcile)


def test_the_page_shows_less_than_a_hundred_lines():
    assert len(MODULE.splitlines()) < 100


def test_sites_are_created_changed_and_deleted(installed):
    assert installed.plan()["summary"]["create"] == 2
    assert "Apply: 2 of 2 changes done" in installed.run("apply", "--yes", "--parallelism", "1")
    assert "No changes. 2 resources as declared." in installed.run("plan", "--detailed-exitcode")
    assert installed.kept()[WINDOWS]["widget.call_time"] == 28

    stored = json.loads(installed.store.read_text(encoding="utf-8"))
    stored["2"] |= {"auto_payment": "1", "managers": {"0": {"phone": "8 (495) 012-34-56", "name": "Анна"}}}
    installed.store.write_text(json.dumps(stored), encoding="utf-8")
    installed.plan(expect=0)  # another spelling, and what nobody declares

    installed.declare(
        PROJECT.replace("28", "35").replace("    uid:", "    prune: true\n    uid:").split("  acme.ru")[0]
    )
    fields = {change["action"]: change["fields"] for change in installed.plan()["changes"]}
    assert fields == {"update": [{"path": "widget.call_time", "before": 28, "after": 35}], "delete": []}
    installed.run("apply", "--yes", "--allow-deletes", "1")
    assert installed.plan(expect=0)["summary"]["noop"] == 1
    assert installed.kept().keys() == {WINDOWS}
    assert (installed.kept()[WINDOWS]["widget.call_time"], installed.kept()[WINDOWS]["auto_payment"]) == (35, "1")


def test_a_saved_plan_is_stale_once_somebody_has_changed_the_file(installed):
    installed.run("apply", "--yes")
    installed.declare(PROJECT.replace("28", "35"))
    installed.run("plan", "-o", "plan.json")
    changed = installed.store.read_text(encoding="utf-8").replace("28", "40")
    installed.store.write_text(changed, encoding="utf-8")

    refused = installed.run("apply", "plan.json", expect=4)

    assert "somebody changed widget.call_time since the plan was made" in refused
    assert installed.store.read_text(encoding="utf-8") == changed


def test_doctor_and_errors_are_the_providers(installed):
    assert "ok      file: " in installed.run("doctor")
    installed.store.unlink()

    assert "studio.json can't be read" in installed.run("doctor", expect=1)
    failed = installed.run("apply", "--yes", expect=1)
    assert "error: files: the account can't be read, so nothing is planned" in failed


def test_what_it_can_not_do_is_left_to_a_person(tmp_path, reconcile):
    without = MODULE.replace(CAPABILITIES, WITHOUT_DELETE)
    without = re.sub(r"    def delete.*?(?=    def )", "", without, flags=re.DOTALL)
    installed = Installed(tmp_path, reconcile, without)
    installed.run("apply", "--yes", "--parallelism", "1")
    installed.declare(CHANGED.replace("35", "28"))

    first = installed.run("plan", "--detailed-exitcode", expect=2).partition("\n")[0]
    begins, ends = MANUAL.strip().split("...\n  ...")
    assert first.startswith(begins)
    assert first.endswith(ends)
    assert installed.plan()["summary"]["manual"] == 1
    installed.run("apply", "--yes")
    assert "acme.ru" in installed.kept()


def test_what_it_does_not_keep_is_not_asked_for(tmp_path, reconcile):
    less = MODULE.replace('"site", "managers", "widget", "blacklists"', '"site"')
    installed = Installed(tmp_path, reconcile, less)
    refused = installed.run("validate", expect=1)
    installed.declare(re.sub(r"^    (managers|widget): .*\n", "", PROJECT, flags=re.MULTILINE))

    assert "the service of account files keeps" in refused
    assert "`widget`" in refused
    installed.run("apply", "--yes")
    installed.plan(expect=0)
    assert installed.kept()[WINDOWS] == {"url": WINDOWS, "report_period": 604800}


@pytest.mark.parametrize(
    ("provider", "url", "said"),
    [
        ("jsonfile", "https://example.ru", 'expected something like file:///var/lib/sites, got "https://'),
        ("pozvonim", "htps://example.ru", "expected something like https://api.pozvonim.com/v2u, got"),
        ("jsonfiel", "file:///srv", 'no provider is named "jsonfiel"; did you mean "jsonfile"?'),
    ],
)
def test_an_account_that_makes_no_sense_is_an_error(installed, provider, url, said):
    text = PROJECT.replace("provider: jsonfile", f"provider: {provider}").replace("file:///srv/sites", url)
    installed.declare(text)

    assert said in installed.run("validate", expect=1)


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("import nowhere", "can't be loaded: No module named 'nowhere'"),
        ("1 / 0", "can't be loaded: division by zero"),
        ("class JsonFile: capabilities = 'all'", "has no `capabilities` that say what its service can do"),
    ],
)
def test_a_package_that_can_not_be_used_is_an_error(installed, module, expected):
    (installed.packages / "jsonfile.py").write_text(f"{module}\n")

    said = installed.run("validate", expect=1)

    assert f"the provider jsonfile (jsonfile:JsonFile) {expected}" in said
    assert "Traceback" not in said
