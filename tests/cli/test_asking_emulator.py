"""Calls, statistics, clients, money and widgets against the emulated service, in every spelling that it may use."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter

import pytest

UID = "100"  # of the project that conftest writes
PERSONALITIES = [
    (),
    ("numbers-as-strings", "ids-as-strings", "phones-bare", "list-wrapped-data", "empty-as-null", "brief-lists"),
    ("numbers-as-floats", "phones-trunk", "list-as-object", "empty-absent", "create-id-only", "urls-unicode"),
    ("phones-pretty", "list-wrapped-items", "flat-sites", "brief-ids", "undocumented-fields", "profile-with-key"),
]


@pytest.fixture(
    params=[names if not names else pytest.param(names, marks=pytest.mark.long) for names in PERSONALITIES],
    ids=lambda names: names[0] if names else "plain",
)
def studio(begin, request):
    studio = begin(personalities=request.param, history_days=4)
    studio.declare("окна.рф:")
    studio.add("окна.рф")
    studio.add("globex.ru")
    return studio


def data(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_call_that_was_made_is_listed_and_shown(studio, run):
    now = data(run("call", "окна.рф", "8 495 765-43-21", "--region", "Москва", "--yes", "--format", "json"))
    later = data(run("call", "globex.ru", "+74957654322", "--at", "+2h", "--yes", "--format", "json"))

    listed = data(run("calls", "--since", "1h", "--format", "json"))["calls"]
    made = {call["id"]: call for call in listed}

    assert (made[now["id"]]["site"], made[now["id"]]["client"]) == ("окна.рф", "+74957654321")
    assert (made[later["id"]]["site"], made[later["id"]]["status"]) == ("globex.ru", "delayed")
    assert later["at"] == made[later["id"]]["at"]
    details = data(run("calls", "show", now["id"], "--format", "json"))["call"]["details"]
    assert details["region"] == "Москва"
    delayed = data(run("calls", "--status", "delayed", "--format", "json"))["calls"]
    assert [call["id"] for call in delayed] == [later["id"]]


def test_calls_are_filtered_as_they_are_asked_for(studio, run):
    everything = data(run("calls", "--format", "json"))["calls"]
    own = [call for call in everything if call["site"] == "окна.рф"]
    missed = [call for call in own if call["status"] == "missed"]
    visitor = own[0]["client"]

    assert {call["site"] for call in everything} == {"окна.рф", "globex.ru"}
    assert {call["manager"] for call in everything} == {"+74951234567"}
    assert data(run("calls", "--site", "окна.рф", "--format", "json"))["calls"] == own
    assert data(run("calls", "--site", "окна.рф", "--status", "missed", "--format", "json"))["calls"] == missed
    assert {call["client"] for call in data(run("calls", "--client", visitor, "--format", "json"))["calls"]} == {
        visitor
    }
    assert data(run("calls", "--manager", "+74959999999", "--format", "json"))["calls"] == []
    day = own[len(own) // 2]["at"][:10]
    of_day = data(run("calls", "--since", day, "--until", day, "--format", "json"))["calls"]
    assert of_day == [call for call in everything if call["at"].startswith(day)]
    assert of_day


def test_statistics_count_what_the_service_has(studio, run):
    rows = csv.DictReader(io.StringIO(run("statistics", "--by", "site", "--since", "30d", "--format", "csv").stdout))
    names = {1: "окна.рф", 2: "globex.ru"}
    calls = studio.emulator.calls(UID)

    assert {row["site"]: int(row["calls"]) for row in rows} == Counter(names[call["site_id"]] for call in calls)
    total = data(run("statistics", "--since", "30d", "--format", "json"))["total"]
    talked = sum(call["state"] == "talked" for call in calls)
    assert (total["calls"], total["talked"]) == (len(calls), talked)
    assert total["success_rate"] == pytest.approx(talked / total["finished"], abs=1e-4)


def test_clients_and_their_money(studio, run):
    client = studio.emulator.put_client(UID, "owner@acme.ru", balance=5)

    done = run("transfer", "owner@acme.ru", "1500.50", "--type", "main", "--yes")
    refused = run("transfer", str(client), "9000", "--type", "main", "--yes")

    assert done.returncode == 0, done.stderr
    assert "8499.50 will remain" in done.stdout
    assert (refused.returncode, "holds 8499.50 roubles, less than 9000.00" in refused.stderr) == (1, True)
    listed = data(run("clients", "--format", "json"))["clients"]
    assert [(one["id"], one["email"], one["balance"]) for one in listed] == [(client, "owner@acme.ru", "1505.50")]
    assert data(run("clients", "owner@acme.ru", "--format", "json"))["client"]["balance"] == "1505.50"
    assert len(studio.emulator.payments(UID)) == 1


def test_the_calls_of_a_client_are_its_own(studio, run):
    client = studio.emulator.put_client(UID, "owner@acme.ru")
    site = studio.emulator.put_site(
        UID, {"site": {"url": "client.ru"}, "managers": [{"phone": "+74957654321"}]}, client=client
    )

    listed = data(run("calls", "--client", "owner@acme.ru", "--format", "json"))["calls"]

    assert {call["site_id"] for call in listed} == {str(site)}
    shown = data(run("calls", "show", listed[0]["id"], "--client", "owner@acme.ru", "--format", "json"))
    assert shown["call"]["id"] == listed[0]["id"]
    assert data(run("calls", "--client", str(client), "--manager", "+74950000000", "--format", "json"))["calls"] == []


def test_a_widget_has_its_own_number_and_key(studio, run):
    shown = data(run("widget", "окна.рф", "--format", "json"))
    snippet = run("widget", "окна.рф", "--snippet").stdout

    assert shown["snippet"] + "\n" == snippet
    assert f"/v3/{shown['settings']['site_key']}/connect" in snippet
    assert data(run("widget", "окна.рф", "--json")) == shown["settings"]
    assert shown["id"] != 1


def test_the_clocks_agree(studio, run):
    (told,) = data(run("time", "--format", "json"))["times"]

    assert abs(told["ahead"]) < 5
    assert "Europe/Moscow" in told["time"]
