"""A project or a saved plan from a pull request runs no code, and what a service sends moves no terminal or sheet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from reconcile.config.load import load_project
from reconcile.errors import PlanFileError
from reconcile.escaping import clean, clean_json, clean_lines
from reconcile.planning.planfile import _digest, load
from reconcile.reports.tables import cell
from reconcile.store.who import revision

ACCOUNT = "accounts: {a: {provider: pozvonim, uid: '1', api_key: k}}\n"


@pytest.mark.parametrize(
    "tag",
    [
        *("!!python/object/apply:os.system ['touch {}']", "!!python/object/new:subprocess.Popen [['touch', '{}']]"),
        *("!!python/name:os.system ''", "!!python/module:os ''", "!run ['touch {}']", "!<tag:x.org,2002:y> 'touch {}'"),
    ],
)
def test_no_tag_runs_anything(tmp_path, tag):
    marker = tmp_path / "ran"
    (tmp_path / "p.yaml").write_text(f"sites:\n  a.ru: {tag.format(marker)}\n")

    assert [fault.message.endswith("holds plain values only") for fault in load_project(tmp_path)[2]] == [True]
    assert not marker.exists()


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
)
HUGE = {
    "aliases": BOMB,
    "merges": "m0: &m0 {k: v}\n" + "".join(f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}\n" for n in range(1, 40)),
    "many aliases": "a: &a {x: 1}\nb:\n" + "  - *a\n" * 200_000,
    "deep flow": "[" * 200_000,
    "deep block": "".join(f"{' ' * n}a:\n" for n in range(3_000)),
    "digits": "a: " + "9" * 1_000_000,
    "a long line": "a: " + "x" * 10_000_000,
    "many keys": "".join(f"k{n}: 1\n" for n in range(200_000)),
    "one key often": "k: 1\n" * 20_000,
    "the last of many keys often": "".join(f"k{n}: 1\n" for n in range(60_000)) + "k59999: 1\n" * 60_000,
    "quotes": 'a: "' + "\\u0041" * 500_000 + '"',
    "anchors": "".join(f"- &a{n} x\n" for n in range(200_000)),
    "dollars": "a: '" + "${" * 200_000 + "'",
    "a file often": "a: '" + "${file.large.txt}" * 200_000 + "'",
    "a long text often": f"defaults: {{report_email: &a {'x' * 1_000_000}}}\nsites:\n"
    + "".join(f"  s{n}.ru: {{report_email: *a}}\n" for n in range(5_000)),
    "an alias of a reference": f"a: &a '{'x' * 1_000}${{file.large.txt}}'\nb:\n" + "  - *a\n" * 20_000,
}


#: Those that alone take as long as all the others.
LONG = ("many keys", "the last of many keys often", "many aliases")


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.long) if n in LONG else n for n in HUGE])
def test_no_file_takes_time_or_memory_without_bounds(reconcile, tmp_path, name):
    (tmp_path / "p.yaml").write_text(ACCOUNT)
    (tmp_path / "q.yaml").write_text(HUGE[name])
    (tmp_path / "large.txt").write_text("x" * 60_000)
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30));"
        "from reconcile.cli.main import main; main(['validate'])"
    )
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, "Traceback" in done.stderr, "this is a bug" in done.stderr) == (1, False, False)
    assert time.monotonic() - began < 30


def test_a_folder_brings_no_provider_and_no_module(reconcile, tmp_path):
    """What lies in the project's folder is no package, although `python -m` would look there first."""
    marker = tmp_path / "ran"
    info = tmp_path / "evil-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[reconcile.providers]\nevil = evil:Evil\n")
    code = f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n"
    for module in ("evil", "yaml", "jsonschema_rs", "idna", "requests", "sitecustomize"):
        (tmp_path / f"{module}.py").write_text(code)
    (tmp_path / "p.yaml").write_text(ACCOUNT.replace("pozvonim", "evil"))

    done = reconcile("validate", cwd=tmp_path)

    assert "no provider is named" in done.stderr
    assert not marker.exists()


def test_a_repository_in_the_folder_configures_no_git(tmp_path):
    """Git takes a folder with HEAD, objects and refs for a bare repository, obeys its config and starts its filters."""
    project, made, marker = tmp_path / "clone" / "project", tmp_path / "made", tmp_path / "ran"

    def git(folder, *args):
        told = ("-c", "user.name=a", "-c", "user.email=a@a.ru", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *told, *args], cwd=folder, capture_output=True, check=True)

    for folder in (project, made):
        folder.mkdir(parents=True)
        (folder / "p.yaml").write_text(ACCOUNT)
        (folder / ".gitattributes").write_text("* filter=evil\n")
    git(made, "init")
    git(made, "add", "-A")
    git(made, "commit", "-m", "x")
    git(tmp_path / "clone", "init")
    for name in ("objects", "refs", "index", "HEAD"):
        (made / ".git" / name).rename(project / name)
    core = f"[core]\nrepositoryformatversion = 0\nbare = false\nworktree = {project}\n"
    (project / "config").write_text(f'{core}[filter "evil"]\nclean = "touch {marker}; cat"\n')
    (project / "p.yaml").write_text(ACCOUNT + "#\n")

    assert revision(project, {}) is None
    assert not marker.exists()
    git(project, "status")
    assert marker.exists()  # so that it would have


def test_a_settings_file_of_matplotlib_in_the_folder_draws_nothing_and_starts_nothing(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nfigure.facecolor: red\n")
    script = "import matplotlib; from reconcile.reports import plot; print(plot._SETTINGS['text.usetex'])"
    env = {k: v for k, v in os.environ.items() if k != "MATPLOTLIBRC"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, env=env, check=True
    )
    assert done.stdout.strip() == "False"


# --- saved plans ------------------------------------------------------------------------------------------------------

CHANGE = {
    "address": "studio/site/acme.ru",
    "kind": "site",
    "account": "studio",
    "action": "update",
    "reason": "differs",
    "id": 1,
    "fields": [{"path": "report_period", "before": 90, "after": 60}],
    "fingerprint": "f",
    "context": [],
    "prevent_destroy": False,
    "owner": None,
    "together": None,
}
PLAN = {
    "format_version": "1.0",
    "summary": {"create": 0, "update": 1, "delete": 0, "noop": 0},
    "complete": True,
    "changes": [CHANGE],
    "diagnostics": [],
    "manual": [],
    "project": "p",
    "sizes": {"studio": 1},
}


def text_of(**changes):
    """A plan with a digest that fits: there is no key in it, so that anybody can make one."""
    data = PLAN | changes
    return json.dumps(data | {"digest": _digest(data)})


def test_the_plan_that_the_others_are_made_from_is_one():
    assert [change.id for change in load(text_of(), "p", None)[0].changes] == [1]


@pytest.mark.parametrize(
    "changes",
    [
        {"changes": [CHANGE | change]}
        for change in (
            *({"id": None}, {"id": "1"}, {"id": 0}, {"id": -1}, {"id": 2**70}, {"id": True}, {"id": [1]}, {"id": 1.5}),
            *(
                {"action": "create"},
                {"action": "noop"},
                {"action": []},
                {"reason": 7},
                {"address": 7},
                {"address": "x"},
            ),
            *({"address": "studio/planet/x"}, {"address": "other/site/acme.ru"}, {"fingerprint": 7}, {"owner": "x"}),
            *(
                {"fields": None},
                {"fields": [7]},
                {"fields": [{}]},
                {"context": {"a": 1}},
                {"client": 7},
                {"client": "x"},
            ),
        )
    ]
    + [
        *({"changes": 7}, {"changes": None}, {"summary": []}, {"summary": {"noop": "x"}}, {"sizes": []}),
        *({"sizes": {"studio": "x"}}, {"sizes": {}}, {"diagnostics": [7]}, {"diagnostics": [{"severity": "x"}]}),
        {"diagnostics": [{"severity": "error", "address": 7, "message": ""}]},
        {"manual": [{"address": "", "message": 7}]},
    ],
)
def test_a_plan_of_wrong_types_is_refused_although_its_digest_fits(changes):
    with pytest.raises(PlanFileError):
        load(text_of(**changes), "p", None)


@pytest.mark.parametrize(
    "text",
    [
        text_of().replace('"noop": 0', '"noop": NaN'),
        text_of().replace('"noop": 0', '"noop": Infinity'),
        text_of().replace('"noop": 0', f'"noop": {"9" * 10_000}'),
        text_of().replace('"noop": 0', '"noop": 0, "noop": 0'),
        *('{"a":' * depth + "1" + "}" * depth for depth in (300, 900, 970, 990, 1_000, 5_000)),
        *("[" * depth + "]" * depth for depth in (330, 980, 995, 100_000)),
    ],
)
def test_json_that_two_readers_may_read_in_two_ways_is_no_plan(text):
    with pytest.raises(PlanFileError, match="this is not a saved plan"):
        load(text, "p", None)


# --- what a service sends ---------------------------------------------------------------------------------------------

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\u202egpj.exe\u2066\u200bИмя\n::set-env\x00\ud800\u2028"


def test_nothing_that_a_terminal_obeys_is_shown():
    shown = clean(HOSTILE)

    assert shown.isprintable()
    assert "Имя" in shown
    assert shown.startswith(
        "\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\r\\u202egpj.exe\\u2066\\u200bИмя\\n::set-env\\x00\\ud800"
    )
    assert clean_lines("a\n\x1b") == "a\n\\x1b"


def test_json_stays_exact_and_is_safe_to_look_at():
    text = clean_json(json.dumps({HOSTILE: [HOSTILE, "Анна 😀 \U000e0001"]}, ensure_ascii=False, indent=2))

    assert json.loads(text) == {HOSTILE: [HOSTILE, "Анна 😀 \U000e0001"]}
    assert "Анна 😀" in text
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        *(
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2+3", "'-2+3"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ),
        *((" =1", "' =1"), ("\t=1", "'\\t=1"), ("\r=1", "'\\r=1"), ("\uff1d1", "'\uff1d1"), ("x;=1", "x;'=1")),
        *(("+74951234567", "+74951234567"), ("-5.50", "-5.50"), ("+7 495 123-45-67", "'+7 495 123-45-67")),
        *((None, ""), (0, "0"), ("Анна; Пётр", "Анна; Пётр"), ("a=b", "a=b"), ("1-2", "1-2")),
    ],
)
def test_no_cell_is_a_formula(value, written):
    assert cell(value) == written
