"""docs/methods.md names all calls of both services, and what it says uses one does use it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconcile.cli.main import COMMANDS
from reconcile.emulator import Emulator, Options
from reconcile.emulator.routes import ROUTES, Router, routes_of
from reconcile.model.fields import schemas

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "methods.md").read_text(encoding="utf-8")
#: The numbers of the calls in docs/api.md.
DOCUMENTED = re.findall(r"^\| (\d+) \| [A-Z]+ /", (DOCS / "api.md").read_text(encoding="utf-8"), re.MULTILINE)

#: What each command is asked, in this order, and the name that the table has for it.
DAY = {
    "plan": ["plan"],
    "apply": ["apply", "--yes", "--allow-deletes", "9"],
    "clients": ["clients"],
    "clients acme": ["clients", "acme"],
    "call": ["call", "studio.ru", "+7 495 765-43-21", "--yes"],
    "call, Chaser": ["call", "desk.ru", "+7 495 765-43-21", "--yes"],
    "call --at": ["call", "studio.ru", "+7 495 765-43-21", "--at", "+2h", "--yes"],
    "calls": ["calls"],
    "calls --client": ["calls", "--client", "acme"],
    "statistics": ["statistics"],
    "widget": ["widget", "studio.ru"],
    "transfer": ["transfer", "acme", "10", "--type", "main", "--yes"],
    "time": ["time"],
    "doctor": ["doctor"],
}
PROJECT = """\
accounts:
  studio:
    {{provider: pozvonim, base_url: "{pozvonim}", uid: u, api_key: k, prune: {prune}, payment_route: {route}{more}}}
  desk: {{provider: chaser, base_url: "{chaser}", uid: u, api_key: k, call_defaults: {{nwt_action: create_lead}}}}
managers: {{anna: {{phone: "+7 495 123-45-67", name: {name}}}}}
clients:
  acme: {{email: owner@acme.ru, password: secret}}
  globex: {{email: owner@globex.ru, password: secret}}
safety: {{max_delete_percent: 100}}
sites:
  studio.ru: {{account: studio, managers: [anna]}}
  desk.ru: {{account: desk, title: Desk}}
  acme.ru: {{client: acme, managers: [anna]}}
  окна.рф: {{client: globex, managers: [anna]}}
  globex.ru: {{client: globex, managers: [anna]}}
"""


@dataclass(frozen=True)
class Row:
    """A row of the table; `commands` and `keys` are what stands in its column of users."""

    number: int
    method: str
    path: str
    commands: tuple[str, ...]
    keys: tuple[str, ...]
    changes: str


def rows():
    for number, call, _, users, changes in re.findall(
        r"^\| (\d+) \| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE
    ):
        method, path = call.split(" ")
        commands, _, keys = users.partition(";")
        yield Row(int(number), method, path, *(tuple(re.findall("`([^`]+)`", x)) for x in (commands, keys)), changes)


ROWS = {row.number: row for row in rows()}


def test_the_table_is_the_calls_that_there_are():
    assert [(row.number, row.method, row.path) for row in rows()] == [(r.number, r.method, r.path) for r in ROUTES]
    assert [row.number for row in rows()] == [int(number) for number in DOCUMENTED]


def test_every_command_and_key_that_the_table_names_is_there():
    keys = {key for schema in schemas().values() for key in schema["properties"]}

    for row in rows():
        assert {command.split(" ")[0] for command in row.commands} <= COMMANDS.keys(), row
        assert set(row.keys) <= keys, row
        assert row.commands or row.keys, row


def acme(emulator):
    """The id of a client."""
    return next(client["id"] for client in emulator.clients("u") if client["email"] == "owner@acme.ru")


def call_of(emulator, client):
    """The id of a call for a site of a client, None: the studio's own."""
    return next(str(call["id"]) for call in emulator.calls("u") if call["contributor"] == client)


@pytest.fixture
def used(tmp_path, reconcile):
    """The numbers of the calls that each command made, in a day of two studios' lives."""
    made = defaultdict(set)
    routers = {service: Router(routes_of(service)) for service in ("pozvonim", "chaser")}
    options = Options({"u": "k"}, tmp_path / "e.db", chaser_accounts={"u": "k"}, history_days=3)
    root = tmp_path / "project"
    root.mkdir()
    with Emulator(options) as emulator:

        def declare(text=PROJECT, **values):
            values = {"prune": "false", "route": "payments", "name": "Анна", "more": ""} | values
            urls = {service: emulator.url_of(service) for service in routers}
            (root / "project.yaml").write_text(text.format(**urls, **values), encoding="utf-8")

        def run(name, *args):
            emulator.clear_requests()
            done = reconcile(*args, cwd=root)
            assert done.returncode == 0, done.stdout + done.stderr
            for request in emulator.requests():
                assert request.status < 300, request
                made[name.split(",")[0]].add(routers[request.service].find(request.method, request.path)[0].number)

        emulator.put_website("u", "desk.ru", "Desk")
        declare(more=", profile: {timezone: Asia/Omsk}")
        for name, args in DAY.items():
            run(name, *args)
        run("calls show", "calls", "show", call_of(emulator, None))
        run("calls show --client", "calls", "show", call_of(emulator, acme(emulator)), "--client", "acme")
        declare(route="contributors")
        run("transfer", *DAY["transfer"])
        emulator.set_personalities(("brief-lists", "brief-ids"))
        declare(name="Анюта")  # every site is updated
        run("plan", "plan")
        run("apply", "apply", "--yes")
        run("apply", "apply", "--yes", "--select", "studio.ru")
        emulator.put_site("u", {"site": {"url": "left.ru"}, "managers": [{"phone": "+74951234567"}]})
        declare(PROJECT.partition("  globex.ru:")[0], prune="true", name="Анюта")
        run("apply", "apply", "--yes", "--allow-deletes", "2")
        run("destroy", "destroy", "--yes", "--allow-deletes", "9")
        yield made


def test_every_call_is_used_by_what_the_table_says(used):
    by_number = defaultdict(set)
    for name, numbers in used.items():
        for number in numbers:
            by_number[number].add(name)

    assert sorted(by_number) == sorted(ROWS)
    for number, row in ROWS.items():
        named = {name for name in by_number[number] if name.startswith(row.commands)}
        assert all(any(name.startswith(command) for name in by_number[number]) for command in row.commands), row
        assert row.changes == "nothing" or named == by_number[number], row
    reading = {"plan", "clients", "clients acme", "calls", "calls show", "statistics", "widget", "time", "doctor"}
    assert {ROWS[number].changes for name in reading for number in used[name]} == {"nothing"}
