"""Calls, statistics, clients, widgets, money and time on the command line, against a service with scripted answers."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from answering import FAULTS, Answering, answering

PHONE = "+74951234567"
CALLS = [
    {"id": 1, "site_id": 5, "status_id": 3, "client": PHONE, "start_at": "2026-11-01 10:00:00", "duration": 63},
    {"id": 2, "site_id": 5, "status_id": 4, "client": PHONE, "start_at": "2026-11-01 11:00:00", "duration": 0},
    {"id": 3, "site_id": 6, "status_id": 3, "client": "+74950000001", "start_at": "2026-11-02 09:00:00"},
    {"id": 4, "site_id": 9, "status_id": 1, "start_at": "2026-11-03 09:00:00"},
    {"id": 5, "site_id": 5, "status": "=cmd|' /C calc'!A0\x1b[2J", "start_at": "2026-11-03 10:00:00"},
]


def site(number: int, url: str) -> dict[str, object]:
    return {"id": number, "site": {"url": url}, "managers": [{"phone": PHONE}], "widget": {}, "blacklists": {}}


def fill(service: Answering) -> None:
    service.answers |= {
        "GET /profile": {"id": 1, "timezone": "Europe/Moscow", "balance": "10000.00", "partner_balance": "99.90"},
        "GET /sites": [site(5, "acme.ru"), site(6, "http://xn--80atjc.xn--p1ai/"), site(7, "globex.ru")],
        "GET /contributors": [{"id": 7, "email": "owner@acme.ru", "balance": "5.50"}, {"id": 8, "email": "b@x.ru"}],
        "GET /contributors/7": {"id": 7, "email": "owner@acme.ru", "balance": "5.50", "sites": [5], "password": "pw"},
        "GET /contributors/7/calls": CALLS[:1],
        "GET /calls": CALLS,
        "GET /calls/2": CALLS[1] | {"record": "https://records/2", "ip": "203.0.113.7"},
        "GET /widget": [{"id": 905, "site_id": 5}],
        "GET /widget/905": {"id": 905, "site_key": "0a1b", "call_time": 28, "texts": {"hello": "Здравствуйте"}},
        "GET /server/time/now": {"time": "2026-11-01 10:00:00"},
        "POST /sites/5/call": {"id": 17},
        "POST /sites/6/call": {"id": 18},
        "POST /sites/5/call/delayed": {"id": 19},
        "POST /payments/contributors/7": {"id": 1},
    }


@dataclass
class World:
    """A project, and the services of its accounts."""

    root: Path
    first: Answering
    second: Answering

    def declare(self, *accounts: str, sites: str = "") -> None:
        urls = {"studio": self.first.url, "other": self.second.url}
        text = "accounts:\n" + "".join(
            f"  {name}: {{provider: pozvonim, uid: uid-of-{name}, api_key: '${{env.KEY}}', base_url: '{urls[name]}'}}\n"
            for name in accounts
        )
        text += f"sites: {{{sites}}}\n" if sites else ""
        (self.root / "reconcile.yaml").write_text(text, encoding="utf-8")

    @property
    def posts(self) -> list[str]:
        return [str(asked) for asked in (*self.first.posts, *self.second.posts)]


@pytest.fixture
def world(project) -> Iterator[World]:
    with answering() as first, answering() as second:
        fill(first)
        fill(second)
        made = World(project, first, second)
        made.declare("studio")
        yield made


def test_a_call_is_sent_and_its_number_is_said(world, run):
    done = run("call", "http://ACME.ru/", "8 (495) 123-45-67", "--region", "Москва", "--ip", "203.0.113.7", "--yes")

    assert (done.stdout, done.stderr) == ("Call 17: +74951234567 is called for acme.ru now.\n", "")
    assert done.returncode == 0
    assert world.posts == ["POST /sites/5/call"]
    assert world.first.posts[0].params == {"phone": PHONE, "region": "Москва", "ip": "203.0.113.7"}


def test_a_call_in_json_tells_what_was_sent(world, run):
    done = run("call", "окна.рф", PHONE, "--yes", "--format", "json")

    assert json.loads(done.stdout) == {
        "format_version": "1.0",
        "account": "studio",
        "site": "xn--80atjc.xn--p1ai",
        "phone": PHONE,
        "at": None,
        "id": "18",
    }


def test_a_call_for_later_says_when(world, run):
    done = run("call", "acme.ru", PHONE, "--at", "2099-11-01 10:00", "--yes")

    assert done.stdout == "Call 19: +74951234567 is called for acme.ru at 2099-11-01 10:00 (Europe/Moscow).\n"
    assert world.first.posts[0].params["delayed"] == "2099-11-01T10:00:00+03:00"


SENT_NOTHING = [
    ("acme.ru", "123", 64, "expected a phone number such as +7 495 123-45-67, got"),
    ("acme.ru", "8495123456", 64, "may lack one; write +78495123456 if that is meant"),
    ("acme.ru", "", 64, "expected a phone number such as +7 495 123-45-67, got"),
    ("acme.ru", f"{PHONE} --at soon", 64, "expected a time such as 14:30, +30m"),
    ("acme.ru", f"{PHONE} --at 2020-11-01T10:00", 64, "2020-11-01 10:00 (Europe/Moscow) has passed; nothing was sent"),
    ("acme.ru", f"{PHONE} --at 2020-11-01T10:00Z", 64, "has passed; nothing was sent"),
    ("acme.ru", f"{PHONE} --ip 300.1.1.1", 64, 'expected an IP address such as 203.0.113.7, got "300.1.1.1"'),
    ("acme.ru", f"{PHONE} --nwt-action call_later", 64, "'call_later' is not one of 'create_lead', 'always_call'"),
    (
        "acme.ru",
        f"{PHONE} --referrer x",
        64,
        "is at pozvonim, which does not take --referrer; it takes --region, --sou",
    ),
    ("acme.ru", f"{PHONE} --account studi", 64, 'no account "studi"; expected one of studio; did you mean "studio"?'),
    ("not a site", PHONE, 64, 'expected a site\'s address such as acme.ru, got "not a site"'),
    ("acne.ru", PHONE, 1, 'no site acne.ru is declared, or live in studio; did you mean "acme.ru"?'),
]


@pytest.mark.parametrize(("address", "rest", "code", "said"), SENT_NOTHING, ids=[said for *_, said in SENT_NOTHING])
def test_what_makes_no_sense_sends_nothing(world, run, address, rest, code, said):
    phone, *options = rest.split(" ") if rest else [""]

    done = run("call", address, phone, *options, "--yes")

    assert (done.returncode, done.stdout) == (code, "")
    assert said in re.sub(r"\s+", " ", done.stderr)
    assert world.posts == []


def test_a_declared_site_tells_its_account(world, run):
    world.declare("studio", "other", sites="acme.ru: {account: other}, new.ru: {account: studio}")

    assert run("call", "acme.ru", PHONE, "--yes").returncode == 0
    missing = run("call", "new.ru", PHONE, "--yes")

    assert (world.first.posts, len(world.second.posts)) == ([], 1)
    assert missing.returncode == 1
    assert "studio/site/new.ru is declared in reconcile.yaml, but not live" in missing.stderr


def test_a_site_of_two_accounts_needs_one_to_be_said(world, run):
    for sites in ("", "acme.ru: {account: studio}"):
        world.declare("studio", "other", sites=sites)
        done = run("call", "acme.ru", PHONE, "--yes", "--account", "other")
        assert done.returncode == 0
    world.declare("studio", "other")

    unsaid = run("call", "acme.ru", PHONE, "--yes")

    assert unsaid.returncode == 64
    assert "acme.ru is a site of the accounts other and studio; say which with --account NAME" in unsaid.stderr
    assert (world.first.posts, len(world.second.posts)) == ([], 2)


def test_two_live_sites_with_one_address_are_told_apart_by_id(world, run):
    world.first.answers["GET /sites"] = [site(5, "acme.ru"), site(6, "http://acme.ru")]

    unsaid = run("call", "acme.ru", PHONE, "--yes")
    world.declare("studio", sites="acme.ru: {id: 6}")

    assert unsaid.returncode == 64
    assert "studio has several sites acme.ru, with the ids 5 and 6" in unsaid.stderr
    assert run("call", "acme.ru", PHONE, "--yes").returncode == 0
    assert world.posts == ["POST /sites/6/call"]


ONCE = {
    "POST /sites/5/call": (("call", "acme.ru", PHONE), "whether +74951234567 is called for acme.ru is unknown"),
    "POST /payments/contributors/7": (
        ("transfer", "7", "10", "--type", "main"),
        "whether 10.00 roubles went to owner@acme.ru is unknown",
    ),
}
FOUND_OUT_BY = {"call": "`reconcile calls --site acme.ru --since 1h --account studio`", "transfer": "`reconcile clien"}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("request_", ONCE)
def test_whatever_happens_it_is_sent_once(world, run, request_, fault):
    command, unknown = ONCE[request_]
    world.first.answers[request_], may_have_happened = FAULTS[fault]

    done = run(*command, "--yes", "--format", "json")

    assert world.posts == [request_]
    assert done.returncode == (5 if may_have_happened else 1)
    assert (unknown in done.stderr, FOUND_OUT_BY[command[0]] in done.stderr) == (may_have_happened, may_have_happened)
    if done.stdout.startswith("{"):
        assert json.loads(done.stdout)["diagnostics"][0]["severity"] == "error"
    for secret in ("the-secret-key", "the-token", "uid-of-studio"):
        assert secret not in done.stdout + done.stderr


def test_nothing_that_rings_or_costs_is_sent_without_a_yes(world, run):
    for command, _ in ONCE.values():
        done = run(*command)
        assert done.returncode == 64
        assert "nobody is there to ask" in done.stderr
    assert world.posts == []


@pytest.mark.parametrize(
    ("command", "question", "answer", "code"),
    [
        (("call", "acme.ru", PHONE), "Call +74951234567 for acme.ru (account studio) now?", "yes", 0),
        (("call", "acme.ru", PHONE), "Only `yes` goes on", "y", 1),
        (("transfer", "7", "1500.5", "--type", "main"), "Type the amount again", "1500.50", 0),
        (("transfer", "7", "1500.5", "--type", "main"), "it holds 10000.00, 8499.50 will remain", "15005", 1),
        (("transfer", "7", "1500.5", "--type", "main"), "to owner@acme.ru (id 7)", "yes", 1),
    ],
)
def test_a_person_is_asked(world, start, read_terminal, command, question, answer, code):
    ours, theirs = pty.openpty()
    process = start(*command, stdin=theirs, stdout=theirs, stderr=theirs, env={"TERM": "xterm"})
    os.close(theirs)
    shown = read_terminal(ours, "goes on: " if command[0] == "call" else "again to send it: ")
    os.write(ours, f"{answer}\n".encode())
    shown += read_terminal(ours)
    os.close(ours)

    assert process.wait(timeout=20) == code
    assert question in shown
    assert len(world.posts) == (code == 0)
    assert ("Nothing was sent." in shown) == (code == 1)


def test_money_is_moved_by_name_of_the_client(world, run):
    done = run("transfer", "Owner@acme.ru", "99,90", "--type", "partner", "--yes", "--format", "json")

    assert json.loads(done.stdout) == {
        "format_version": "1.0",
        "account": "studio",
        "type": "partner",
        "client": {"id": 7, "email": "owner@acme.ru"},
        "amount": "99.90",
        "remains": "0.00",
    }
    assert done.stderr == (
        "99.90 roubles from the partner balance of account studio (it holds 99.90, 0.00 will remain) "
        "to owner@acme.ru (id 7)\n"
    )
    assert world.first.posts[0].params == {"type": "2", "amount": "99.90"}


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("7", "100", "--type", "partner"), 1, "holds 99.90 roubles, less than 100.00; nothing was sent"),
        (("7", "0", "--type", "main"), 64, "expected an amount in roubles above 0"),
        (("7", "-5", "--type", "main"), 64, 'expected an amount in roubles above 0 such as 1500 or 1500.50, got "-5"'),
        (("7", "1.005", "--type", "main"), 64, "expected an amount in roubles above 0"),
        (("7", "1e3", "--type", "main"), 64, "expected an amount in roubles above 0"),
        (("7", "10"), 64, "Missing option '--type'"),
        (("owner@acne.ru", "10", "--type", "main"), 1, 'no client "owner@acne.ru" in studio; did you mean "owner@acme'),
    ],
)
def test_money_that_can_not_be_moved_is_not(world, run, args, code, said):
    done = run("transfer", *args, "--yes")

    assert (done.returncode, done.stdout) == (code, "")
    assert said in re.sub(r"\s+", " ", done.stderr)
    assert world.posts == []


def test_money_is_moved_where_the_balance_is_not_told(world, run):
    world.first.answers["GET /profile"] = {"id": 1}

    done = run("transfer", "7", "10", "--type", "main", "--yes")

    assert done.returncode == 0
    assert "the service does not tell what it holds" in done.stdout
    assert done.stdout.endswith("Sent: 10.00 roubles to owner@acme.ru.\n")


def test_a_client_of_two_accounts_needs_one_to_be_said(world, run):
    world.declare("studio", "other")

    unsaid = run("transfer", "7", "10", "--type", "main", "--yes")
    said = run("transfer", "7", "10", "--type", "main", "--yes", "--account", "other")

    assert unsaid.returncode == 64
    assert "client 7 is in the accounts other and studio; say which with --account NAME" in unsaid.stderr
    assert (said.returncode, len(world.first.posts), len(world.second.posts)) == (0, 0, 1)


CALLS_TEXT = """\
Id  Time                 Site     Client        Manager  Status                     Seconds
 1  2026-11-01 10:00:00  acme.ru  +74951234567           talked                          63
 2  2026-11-01 11:00:00  acme.ru  +74951234567           missed                           0
 3  2026-11-02 09:00:00  окна.рф  +74950000001           talked
 4  2026-11-03 09:00:00  #9                              new
 5  2026-11-03 10:00:00  acme.ru                         =cmd|' /C calc'!A0\\x1b[2J
"""


def test_calls_are_a_table_data_and_a_spreadsheet(world, run):
    text, data, sheet = (run("calls", "--since", "2026-11-01", "--format", form) for form in ("text", "json", "csv"))

    assert (text.stdout, text.stderr) == (CALLS_TEXT, "")
    listed = json.loads(data.stdout)
    assert (listed["since"], listed["until"]) == ("2026-11-01T00:00:00+03:00", None)
    assert listed["calls"][0] == {
        "account": "studio",
        "id": "1",
        "at": "2026-11-01T10:00:00+03:00",
        "site": "acme.ru",
        "site_id": "5",
        "client": PHONE,
        "manager": None,
        "status": "talked",
        "succeeded": True,
        "duration": 63,
    }
    rows = list(csv.DictReader(io.StringIO(sheet.stdout)))
    assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[0]["client"] == PHONE
    assert rows[4]["status"] == "'=cmd|' /C calc'!A0\\x1b[2J"


def test_calls_are_asked_for_as_the_options_say(world, run):
    done = run(
        *("calls", "--site", "acme.ru", "--site", "окна.рф", "--status", "missed", "--status", "no_answer"),
        *("--since", "2026-11-01", "--until", "2026-11-02", "--client", "8 495 123-45-67", "--manager", PHONE),
    )

    assert done.returncode == 0
    assert next(asked.params for asked in world.first.asked if asked.path == "/calls") == {
        "start_at": "2026-11-01 00:00:00",
        "end_at": "2026-11-02 23:59:59",
        "status_ids[0]": "4",
        "status_ids[1]": "5",
        "sites_ids[0]": "5",
        "sites_ids[1]": "6",
        "client": PHONE,
        "manager": PHONE,
    }


@pytest.mark.parametrize("client", ["owner@acme.ru", "7"])
def test_the_calls_of_a_client_are_asked_for_by_its_id(world, run, client):
    done = run("calls", "--client", client, "--since", "2026-11-01")

    assert re.fullmatch(r"Id .*\n 1  2026-11-01 10:00:00  acme\.ru  \+74951234567 +talked +63\n", done.stdout)
    assert [asked.path for asked in world.first.asked if "calls" in asked.path] == ["/contributors/7/calls"]


def test_calls_of_several_accounts_are_one_list(world, run):
    world.declare("studio", "other")
    world.second.answers["GET /profile"] = {"id": 2, "timezone": "Asia/Vladivostok"}

    listed = json.loads(run("calls", "--since", "2026-11-01", "--format", "json").stdout)["calls"]

    assert [(call["account"], call["id"]) for call in listed][:3] == [("other", "1"), ("other", "2"), ("studio", "1")]
    assert [call["at"] for call in listed] != sorted(call["at"] for call in listed)  # by time, not by its text
    assert len(listed) == 2 * len(CALLS)
    assert run("calls", "--since", "2026-11-01").stdout.startswith("Account  Id  Time")


def test_no_calls_are_said_to_be_none(world, run):
    world.first.answers["GET /calls"] = []

    text, sheet = run("calls", "--since", "2026-11-01", "--until", "2026-11-01"), run("calls", "--format", "csv")

    assert text.stdout == "No calls since 2026-11-01 00:00 until 2026-11-02 00:00.\n"
    assert sheet.stdout == "id,at,site,client,manager,status,duration\n"


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("--status", "mised"), 64, 'no status "mised"; expected one of new, calling, talked, missed'),
        (("--status", "mised"), 64, 'did you mean "missed"?'),
        (("--since", "yesterday"), 64, "expected a time such as 7d, 12h"),
        (("--since", "2026-11-02", "--until", "2026-11-01"), 64, "the period is empty: it begins at 2026-11-02 00:00"),
        (("--manager", "anna"), 64, "expected a phone number"),
        (("--site", "acne.ru"), 1, 'did you mean "acme.ru"?'),
        (("--client", "nobody"), 1, 'there is no client "nobody" in studio'),
        (("--status", "missed", "show", "2"), 64, "--status belongs to the list of calls"),
        (("show", "16"), 1, 'there is no call "16"'),
        (("show",), 64, "Missing argument 'ID'"),
    ],
)
def test_a_list_that_makes_no_sense_says_why(world, run, args, code, said):
    done = run("calls", *args)

    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_call_is_shown_with_everything(world, run):
    text, data = run("calls", "show", "2"), json.loads(run("calls", "show", "2", "--format", "json").stdout)

    assert re.search(r"^status: +missed$", text.stdout, re.MULTILINE)
    assert re.search(r"^  record: +https://records/2$", text.stdout, re.MULTILINE)
    assert data["call"]["site"] == "acme.ru"
    assert data["call"]["details"]["ip"] == "203.0.113.7"


def test_a_call_of_several_accounts_needs_one_to_be_said(world, run):
    world.declare("studio", "other")

    unsaid = run("calls", "show", "2")

    assert unsaid.returncode == 64
    assert "call 2 may be in any of the accounts other, studio; say which with --account NAME" in unsaid.stderr
    assert run("calls", "show", "2", "--account", "other").returncode == 0


STATISTICS_TEXT = """\
Day         Site     Calls  Finished  Talked  Success
2026-11-01  acme.ru      2         2       1    50.0%
2026-11-02  окна.рф      1         1       1   100.0%
2026-11-03  #9           1         0       0
2026-11-03  acme.ru      1         0       0
----------  -------  -----  --------  ------  -------
Total                    5         3       2    66.7%
"""


def test_statistics_are_a_table_data_and_a_spreadsheet(world, run):
    args = ("statistics", "--since", "2026-11-01", "--until", "2026-11-03")
    text, sheet = run(*args), run(*args, "--format", "csv", "--by", "site")
    data = json.loads(run(*args, "--format", "json", "--by", "day").stdout)

    assert (text.stdout, text.stderr) == (STATISTICS_TEXT, "")
    assert sheet.stdout == "site,calls,finished,talked,success_rate\n#9,1,0,0,\nacme.ru,3,2,1,0.5\nокна.рф,1,1,1,1.0\n"
    assert data["rows"][0] == {
        "day": "2026-11-01",
        "account": None,
        "site": None,
        "calls": 2,
        "finished": 2,
        "talked": 1,
        "success_rate": 0.5,
    }
    assert data["total"] == {"calls": 5, "finished": 3, "talked": 2, "success_rate": 0.6667}


@pytest.mark.parametrize(("name", "begin"), [("calls.png", b"\x89PNG\r\n"), ("calls.SVG", b"<?xml")])
def test_statistics_are_drawn_the_same_every_time(world, run, project, name, begin):
    args = ("statistics", "--since", "2026-11-01", "--until", "2026-11-03", "--plot")

    done = [run(*args, f"{number}-{name}") for number in (1, 2)]

    assert [(one.returncode, one.stdout) for one in done] == [(0, STATISTICS_TEXT)] * 2
    assert done[0].stderr == f"drawn: 1-{name}\n"
    first, second = ((project / f"{number}-{name}").read_bytes() for number in (1, 2))
    assert first.startswith(begin)
    assert first == second


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [("calls.pdf", 64, "expected a file that ends in .png or .svg"), ("nowhere/calls.png", 1, "there is no folder")],
)
def test_what_can_not_be_drawn_is_said_before_anything_is_read(world, run, name, code, said):
    done = run("statistics", "--plot", name)

    assert (done.returncode, done.stdout, world.first.asked) == (code, "", [])
    assert said in done.stderr


def test_clients_are_listed_and_shown(world, run):
    assert run("clients").stdout == (
        "Id  E-mail         Declared as  Balance\n 7  owner@acme.ru                  5.50\n 8  b@x.ru\n"
    )
    assert run("clients", "--format", "csv").stdout == "id,email,name,balance\n7,owner@acme.ru,,5.50\n8,b@x.ru,,\n"
    assert json.loads(run("clients", "--format", "json").stdout)["clients"][1] == {
        "account": "studio",
        "id": 8,
        "email": "b@x.ru",
        "name": None,
        "balance": None,
    }
    shown, data = run("clients", "owner@acme.ru"), run("clients", "7", "--format", "json")
    assert re.search(r"^  sites\.0: +5$", shown.stdout, re.MULTILINE)
    assert json.loads(data.stdout)["client"]["details"]["sites"] == [5]
    assert "pw" not in shown.stdout + data.stdout


SNIPPET = (
    '<script crossorigin="anonymous" async type="text/javascript" '
    'src="//api.pozvonim.com/widget/callback/v3/0a1b/connect" id="check-code-pozvonim" charset="UTF-8"></script>\n'
)


def test_a_widget_is_shown_in_every_way(world, run):
    text, snippet, settings, data = (
        run("widget", "acme.ru", *more) for more in ((), ("--snippet",), ("--json",), ("--format", "json"))
    )

    assert snippet.stdout == SNIPPET
    assert json.loads(settings.stdout) == world.first.answers["GET /widget/905"]
    assert text.stdout.startswith(f"Widget 905 of studio/site/acme.ru\n\n{SNIPPET}\nsettings:\n")
    assert re.search(r"^  texts\.hello: +Здравствуйте$", text.stdout, re.MULTILINE)
    assert json.loads(data.stdout)["snippet"] == SNIPPET.strip()
    assert run("widget", "acme.ru", "--json", "--snippet").returncode == 64


def test_a_site_without_a_widget_says_so(world, run):
    done = run("widget", "globex.ru")

    assert (done.returncode, done.stdout) == (1, "")
    assert "studio/site/globex.ru: the service has no widget of this site" in done.stderr


def test_the_time_is_told_with_its_difference(world, run):
    text, data = run("time"), json.loads(run("time", "--format", "json").stdout)

    assert re.search(r"^studio +2026-11-01 10:00:00 Europe/Moscow +\d+ s (ahead|behind)$", text.stdout, re.MULTILINE)
    assert data["times"][0]["account"] == "studio"
    assert isinstance(data["times"][0]["ahead"], float)


@pytest.mark.parametrize(
    "command", ["call acme.ru +74951234567 --yes", "calls", "statistics", "clients", "widget acme.ru", "time"]
)
def test_a_service_that_is_not_there_is_one_sentence(world, run, command):
    world.first.answers = {}

    done = run(*command.split(), "--format", "json")

    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["diagnostics"][0]["severity"] == "error"
