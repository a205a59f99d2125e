"""No secret is ever written: a canary in every place that holds one, every command, every fault, every spelling."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import sys
import traceback
from pathlib import Path
from urllib.parse import quote

import pytest
from echoing import FAULTS, cores, echoing

from reconcile.cli import boundary, main
from reconcile.cli.main import COMMANDS
from reconcile.emulator import Emulator, Options
from reconcile.providers.chaser.provider import Chaser
from reconcile.providers.http.edges import Edges, Timeouts
from reconcile.providers.pozvonim.provider import Pozvonim

#: A secret of each kind; the middles are spelled differently in URLs, JSON and HTML.
CANARIES = {
    "API_KEY": "aK7qZw9LmT2x+/&<\"'я \\Yd83Hs0PqVb4",
    "NEXT_KEY": "nX5tRk1WcJ8v+/&<\"'ю \\Gm26Bz7DfLs9",
    "PRIVATE_KEY": "pV3yHc6NbQ0e+/&<\"'э \\Ut91Xo4KjRw5",
    "PASSWORD": "wD8uFi2SgM7a+/&<\"'ы \\Zl40Ev6TnCp3",
    "LITERAL": "lT4oJx9EhB1k-/@Rq57Iy3OaFu8",
}
PROJECT = """\
accounts:
  studio:
    provider: pozvonim
    uid: "100"
    api_key: "${{env.API_KEY}}"
    base_url: {url}/v2u
    list_lag: 0
    profile: {{timezone: Europe/Samara, api_key: "${{file.secrets/next.txt}}"}}
  statistics: {{provider: chaser, client_id: "7", private_key: "${{env.PRIVATE_KEY}}", base_url: {url}/v1}}
clients:
  acme: {{email: owner@acme.ru, account: studio, password: "${{env.PASSWORD}}"}}
  globex: {{email: owner@globex.ru, account: studio, password: {literal}}}
defaults: {{managers: [{{phone: "+7 495 123-45-67", name: Анна}}]}}
sites:
  new.ru: {{account: studio, report_period: 60}}
  old.ru: {{account: studio, report_period: 60}}
  acme.ru: {{account: studio, client: acme}}
  globex.ru: {{account: studio, client: globex}}
  chaser.ru: {{account: statistics}}
"""
#: Every command, in every format; those that come later are run where they are.
RUNS = {
    "init": [["../starter"]],
    "validate": [[], ["--format", "json"]],
    "plan": [
        ["-o", "plan.json", "--write", "json=p.json", "--write", "text=p.txt"],
        ["--format", "json"],
        ["--destroy"],
    ],
    "drift": [[], ["--format", "json"]],
    "list": [
        *([], ["--format", "json"], ["--format", "csv"], ["--by", "manager"]),
        *(["--select", "changed"], ["--select", "client=acme", "--exclude", "nowhere=x"]),
    ],
    "why": [
        *(["old.ru"], ["old.ru", "--format", "json"], ["studio/profile"], ["studio/profile", "--format", "json"]),
        *(["acme"], ["acme", "password"], ["globex", "--format", "json"], ["nowhere.ru"]),
    ],
    "show": [["plan.json"], ["plan.json", "--format", "json"], ["reconcile.yaml"]],
    "doctor": [[], ["--format", "json"]],
    "call": [["old.ru", "+74957654321", "--yes"], ["chaser.ru", "+74957654321", "--yes", "--format", "json"]],
    "calls": [
        [],
        ["--format", "json"],
        ["--format", "csv"],
        ["show", "1000001"],
        ["show", "1000001", "--format", "json"],
    ],
    "statistics": [[], ["--format", "json"], ["--format", "csv", "--plot", "calls.svg"]],
    "widget": [["old.ru"], ["old.ru", "--snippet"], ["old.ru", "--json"], ["old.ru", "--format", "json"]],
    "clients": [
        *([], ["--format", "json"], ["--format", "csv"]),
        *(["owner@live.ru", "--format", form] for form in ("text", "json", "csv")),
    ],
    "transfer": [
        ["owner@live.ru", "10", "--type", "main", "--yes"],
        ["owner@live.ru", "10", "--type", "partner", "--yes", "--format", "json"],
    ],
    "time": [[], ["--format", "json"]],
    "apply": [["plan.json"], ["--yes"], ["--yes", "--format", "json"]],
    "destroy": [["--yes", "--select", "new.ru", "--format", "json"], ["--yes", "--allow-deletes", "9"]],
    "history": [[], ["--format", "json"], ["latest"], ["latest", "--format", "json"]],
    "rollback": [["latest", "--yes"], ["latest", "--yes", "--allow-deletes", "9", "--format", "json"]],
    "fmt": [["--diff"], ["--check"], [], ["nowhere.yaml"]],
    "move": [
        *(["old.ru", "older.ru", "--dry-run"], ["nowhere.ru", "older.ru"]),
        *(["client/globex", "globe"], ["client/globe", "globex"]),
    ],
    "import": [["--account", "studio"], ["--into", "."], [], ["--into", "..", "--format", "json"]],
    "unlock": [[], ["studio", "--yes"]],
    "emulator": [
        ["--account", CANARIES["LITERAL"]],
        ["--chaser-account", CANARIES["LITERAL"]],
        ["--list-personalities"],
    ],
    "schema": [[], ["account"], [CANARIES["API_KEY"][:4]]],
    "completion": [["bash"], [CANARIES["API_KEY"][:4]]],
}


class Told:
    """All that was ever written, and where."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, bytes]] = []
        self.errors: list[BaseException] = []
        self.runs = 0

    def run(self, *args: str) -> None:
        """One command line in this process; what Python itself would print of its error counts as written."""
        self.runs += 1
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), contextlib.suppress(SystemExit):
            main.run(list(args))
        logging.getLogger("reconcile").handlers.clear()
        name = " ".join(args)
        self.texts += [(name, out.getvalue().encode()), (name, err.getvalue().encode())]
        for error in self.errors:
            shown = "".join(traceback.format_exception(error))
            self.texts.append(
                (f"{name}: {type(error).__name__}", f"{shown}{error!r}{error.args!r}{vars(error)!r}".encode())
            )
        self.errors.clear()

    def leaks(self, secrets, folder: Path, given) -> list[str]:
        """Where any of the secrets is, in any spelling."""
        files = [p for p in folder.rglob("*") if p.is_file() and p not in given]
        written = self.texts + [(str(path.relative_to(folder)), path.read_bytes()) for path in files]
        wanted = {core: name for name, secret in secrets.items() for core in cores(secret)}
        pattern = re.compile(b"|".join(map(re.escape, wanted)), re.IGNORECASE)
        folded = {core.lower(): name for core, name in wanted.items()}
        return [
            f"{where}: {folded[match[0].lower()]} in …{text[max(0, match.start() - 60) : match.end()]!r}"
            for where, text in written
            for match in [pattern.search(text)]
            if match
        ]


@pytest.fixture
def told(monkeypatch):
    kept = Told()
    original = boundary.ended_by

    def ended_by(error, settings):
        kept.errors.append(error)
        return original(error, settings)

    monkeypatch.setattr(boundary, "ended_by", ended_by)
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    quick = Edges(wait=lambda event, seconds: None, timeouts=Timeouts(2.0, 0.2, 0.2, 2.0))
    for provider in (Pozvonim, Chaser):
        assert "edges" in provider.__init__.__kwdefaults__
        monkeypatch.setitem(provider.__init__.__kwdefaults__, "edges", quick)
    return kept


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "project"
    (made / "secrets").mkdir(parents=True)
    (made / "secrets" / "next.txt").write_text(CANARIES["NEXT_KEY"], encoding="utf-8")
    return made


@pytest.fixture
def service(tmp_path):
    """Both services behind one that gives secrets away."""
    options = Options(
        {"100": CANARIES["API_KEY"]},
        tmp_path / "elsewhere.db",
        chaser_accounts={"7": CANARIES["PRIVATE_KEY"]},
        history_days=3,
    )
    with Emulator(options) as emulator, echoing(emulator.url) as way:
        emulator.put_site("100", {"site": {"url": "old.ru"}, "managers": [{"phone": "+74951234567"}]})
        emulator.put_client("100", "owner@live.ru")
        emulator.put_website("7", "chaser.ru")
        way.secrets = tuple(CANARIES.values())
        yield way


#: Those that every change of the program is tried with; the others take minutes together.
QUICK = ("none", "500!")


@pytest.mark.parametrize("fault", [f if f in QUICK else pytest.param(f, marks=pytest.mark.long) for f in FAULTS])
def test_no_secret_is_written_whatever_a_service_does(told, folder, service, fault):
    project = folder / "reconcile.yaml"
    project.write_text(PROJECT.format(url=service.url, literal=CANARIES["LITERAL"]), encoding="utf-8")
    told.run("-C", str(folder), "plan", "-o", "plan.json")
    assert (folder / "plan.json").exists(), told.texts
    service.fault, service.token = fault, ""

    assert set(COMMANDS) <= set(RUNS)
    for command in (name for name in RUNS if name in COMMANDS):
        for args in RUNS[command]:
            told.run("-vvv", "-C", str(folder), command, *args)

    secrets = CANARIES | {f"seen {text}": text for text in service.seen}
    assert (
        told.leaks(secrets, folder.parent, {project, folder / "secrets" / "next.txt", *folder.parent.glob("*.db*")})
        == []
    )
    assert len(service.seen) >= 4
    assert (service.answered > 10) == (fault != "none")
    print(f"{told.runs} runs, {len(secrets)} secrets", file=sys.__stderr__)


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://team:{0}@127.0.0.1:1/store", "postgresql://team:{0}@[::1/s", "{0}"]
)
def test_the_password_of_a_store_is_never_written(told, folder, url, monkeypatch):
    project = folder / "reconcile.yaml"
    text = PROJECT.format(url="http://127.0.0.1:1", literal=CANARIES["LITERAL"])
    project.write_text("store: ${env.STORE}\n" + text, encoding="utf-8")
    secret = quote(CANARIES["PASSWORD"], safe="")
    monkeypatch.setenv("STORE", url.format(secret))

    for args in (["apply", "--yes"], ["history"], ["history", "--format", "json"], ["rollback", "latest"], ["unlock"]):
        told.run("-vvv", "-C", str(folder), *args)

    assert sum(b"error:" in text or b"problem" in text for _, text in told.texts) >= told.runs
    assert told.leaks({"store": secret} | CANARIES, folder.parent, {project, folder / "secrets" / "next.txt"}) == []
