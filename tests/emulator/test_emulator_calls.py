"""Calls: 8, 9, 12, 13, 26 and 27 of api.md 1.4."""

from __future__ import annotations

from collections import Counter

import pytest

WHEN = "2023-11-15T10:00:00"
VISITOR = "+79161234567"


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def studio(emulator, client, site):
    """Ids: an own site, a client, and a site of that client."""
    acme = emulator.put_client("100", "a@acme.ru")
    return emulator.put_site("100", site), acme, emulator.put_site("100", site, client=acme)


@pytest.mark.parametrize("encoding", ["form", "json"])
def test_a_call_goes_from_new_to_its_end(emulator, client, clock, studio, encoding):
    sent = {"phone": "8 (916) 123-45-67", "ip": "203.0.113.7", "return_count": 2, "source_call": "http://acme.ru/a"}
    made = client.send("POST", f"/sites/{studio[0]}/call", sent, encoding)
    assert made.status_code == 201
    number = made.json()["id"]
    assert list(made.json()) == ["id"]
    brief = {
        "id": number,
        "site_id": studio[0],
        "status_id": 1,
        "status": "new",
        "client": VISITOR,
        "manager": "+74951234567",
        "start_at": "2023-11-15 01:13:20",
        "duration": 0,
    }
    detailed = brief | {
        "region": "",
        "source_call": "http://acme.ru/a",
        "source_enter": "",
        "source_referer": "",
        "return_count": 2,
        "ip": "203.0.113.7",
        "useragent": "",
        "record": "",
        "delayed": "",
    }
    assert client.send("GET", "/calls").json() == [brief]
    assert client.send("GET", f"/calls/{number}").json() == detailed
    assert client.send("GET", "/calls", {"ids": [number], "status_ids": [3]}).json() == [detailed]
    clock.now += 2
    assert client.send("GET", "/calls").json() == [brief | {"status_id": 2, "status": "calling"}]
    clock.now += 20
    over = client.send("GET", f"/calls/{number}").json()
    assert over["status"] in ("talked", "missed", "no_answer")
    assert (over["duration"] > 0) == (over["record"] != "") == (over["status"] == "talked")
    clock.now += 86400
    client.authenticate()
    assert client.send("GET", f"/calls/{number}").json() == over  # it stays so


def test_calls_end_as_calls_do(emulator, clock, studio):
    for _ in range(400):
        emulator.put_call("100", studio[0])
    clock.now += 60
    ends = Counter(call["state"] for call in emulator.calls("100"))
    assert 250 < ends["talked"] < 310
    assert min(ends["missed"], ends["no_answer"]) > 20
    assert sum(ends.values()) == 400
    talks = [call["duration"] for call in emulator.calls("100") if call["state"] == "talked"]
    assert min(talks) >= 15
    assert len(set(talks)) > 100


@pytest.mark.parametrize(
    ("sent", "begins"),
    [
        (WHEN, "2023-11-15 10:00:00"),  # in the profile's zone
        (WHEN + "+05:00", "2023-11-15 08:00:00"),
        ("2023-11-15T07:00:00Z", "2023-11-15 10:00:00"),
    ],
)
def test_a_call_at_a_time(emulator, client, clock, studio, sent, begins):
    made = client.send("POST", f"/sites/{studio[0]}/call/delayed", {"phone": VISITOR, "delayed": sent}).json()["id"]
    call = client.send("GET", f"/calls/{made}").json()
    assert (call["status_id"], call["delayed"], call["start_at"]) == (6, begins, begins)
    clock.now = emulator.calls("100")[0]["start"] + 1
    client.authenticate()
    assert client.send("GET", f"/calls/{made}").json()["status"] == "new"


def test_a_call_of_a_site_that_is_gone_is_cancelled(emulator, client, studio):
    later = client.send("POST", f"/sites/{studio[0]}/call/delayed", {"phone": VISITOR, "delayed": WHEN}).json()["id"]
    client.send("DELETE", f"/sites/{studio[0]}")
    assert client.send("GET", f"/calls/{later}").json()["status"] == "cancelled"
    assert code(client.send("POST", f"/sites/{studio[0]}/call", {"phone": VISITOR})) == (404, "SITE-NOT-FOUND")


def test_the_branch_chooses_the_manager(emulator, client, site):
    site["managers"] = [{"phone": "+74951234567", "region": "Москва"}, {"phone": "+78121234567", "region": "Питер"}]
    number = emulator.put_site("100", site)
    for region in ("Питер", "Москва", "Тверь"):
        client.send("POST", f"/sites/{number}/call", {"phone": VISITOR, "region": region})
    assert [c["manager"] for c in emulator.calls("100")] == ["+78121234567", "+74951234567", "+74951234567"]


REFUSED = [
    ("call", {}, "GEN-PARAM-REQUIRED"),
    ("call", {"phone": ""}, "GEN-PARAM-INVALID"),
    ("call", {"phone": "12"}, "GEN-PARAM-INVALID"),
    ("call", {"phone": VISITOR, "ip": "203.0.113.0/24"}, "GEN-PARAM-INVALID"),
    ("call", {"phone": VISITOR, "return_count": -1}, "GEN-PARAM-INVALID"),
    ("call", {"phone": VISITOR, "delayed": WHEN}, "GEN-PARAM-UNKNOWN"),
    ("call/delayed", {"phone": VISITOR}, "GEN-PARAM-REQUIRED"),
    ("call/delayed", {"phone": VISITOR, "delayed": "2023-11-15T01:13:20+03:00"}, "GEN-PARAM-INVALID"),
    ("call/delayed", {"phone": VISITOR, "delayed": "tomorrow"}, "GEN-PARAM-INVALID"),
]


@pytest.mark.parametrize(("path", "sent", "refusal"), REFUSED)
def test_a_call_is_refused(emulator, client, studio, path, sent, refusal):
    assert code(client.send("POST", f"/sites/{studio[0]}/{path}", sent)) == (400, refusal)
    assert emulator.calls("100") == []


FILTERS = [
    ({}, "abcd"),
    ({"status_ids": [3, 4]}, "ab"),
    ({"status_ids": [6]}, "d"),
    ({"start_at": "2023-11-14 00:00:00"}, "bcd"),
    ({"start_at": "2023-11-14 12:00:00", "end_at": "2023-11-14 12:00:00"}, "b"),
    ({"end_at": "2023-11-14 11:59:59"}, "a"),
    ({"client": "8 916 765 43 21"}, "b"),
    ({"manager": "+442071838750"}, "c"),
    ({"sites_ids": [999]}, ""),
    ({"status_ids": [3], "start_at": "2023-11-14 00:00:00"}, ""),
]


@pytest.mark.parametrize(("sent", "found"), FILTERS)
def test_calls_are_filtered(emulator, client, clock, studio, sent, found):
    noon = 1_699_952_400.0  # 2023-11-14 12:00 in Moscow
    names = {
        emulator.put_call("100", studio[0], start=noon - 86400, state="talked", duration=61): "a",
        emulator.put_call("100", studio[0], "+79167654321", start=noon, state="missed"): "b",
        emulator.put_call("100", studio[0], manager="+442071838750"): "c",
        emulator.put_call("100", studio[0], start=clock.now + 60): "d",
    }
    emulator.put_call("100", studio[2])
    assert "".join(names[call["id"]] for call in client.send("GET", "/calls", sent).json()) == found


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        ({"start_at": "2023-11-14"}, "GEN-PARAM-INVALID"),
        ({"start_at": "2023-11-1 12:00:00"}, "GEN-PARAM-INVALID"),
        ({"end_at": "14.11.2023 12:00:00"}, "GEN-PARAM-INVALID"),
        ({"status_ids": 3}, "GEN-PARAM-INVALID"),
        ({"client": "anna"}, "GEN-PARAM-INVALID"),
        ({"page": 2}, "GEN-PARAM-UNKNOWN"),
    ],
)
def test_a_filter_is_refused(client, sent, refusal):
    assert code(client.send("GET", "/calls", sent)) == (400, refusal)


def test_whose_calls_are_whose(emulator, client, connect, studio):
    own, acme, theirs = studio
    beta = emulator.put_client("100", "b@acme.ru")
    mine = client.send("POST", f"/sites/{own}/call", {"phone": VISITOR}).json()["id"]
    their = client.send("POST", f"/sites/{theirs}/call", {"phone": VISITOR}).json()["id"]

    def ids(path, sent=None):
        return [call["id"] for call in client.send("GET", path, sent).json()]

    assert ids("/calls") == ids("/calls", {"ids": [mine, their]}) == [mine]
    assert ids(f"/contributors/{acme}/calls") == [their]
    assert ids(f"/contributors/{beta}/calls") == []
    assert client.send("GET", f"/contributors/{acme}/calls/{their}").json()["site_id"] == theirs
    for path in (f"/calls/{their}", f"/contributors/{acme}/calls/{mine}", f"/contributors/{beta}/calls/{their}"):
        assert code(client.send("GET", path)) == (404, "CALL-NOT-FOUND")
    assert code(client.send("GET", f"/contributors/{acme}/calls", {"client": VISITOR})) == (400, "GEN-PARAM-UNKNOWN")
    other = connect(emulator.url, "200", "other")
    assert other.send("GET", "/calls").json() == []
    assert code(other.send("POST", f"/sites/{own}/call", {"phone": VISITOR})) == (404, "SITE-NOT-FOUND")
    emulator.set_personalities(["sites-of-clients-too"])
    assert ids("/calls") == [mine, their]


def test_calls_in_other_spellings(emulator, client, studio):
    number = emulator.put_call("100", studio[0], state="talked", duration=61)
    emulator.set_personalities(
        ["list-wrapped-sites", "ids-as-strings", "numbers-as-strings", "phones-trunk", "empty-absent"]
    )
    call = client.send("GET", "/calls").json()["calls"][0]
    assert (call["id"], call["status_id"], call["duration"], call["client"]) == (str(number), "3", "61", "89161234567")
    assert "useragent" not in client.send("GET", f"/calls/{number}").json()


def test_a_new_site_has_a_past(start, connect, site, clock):
    emulator = start(history_days=28)
    made = [emulator.put_site("100", site) for _ in range(2)]
    calls = [call for call in emulator.calls("100") if call["site_id"] == made[0]]
    assert [c for c in emulator.calls("100") if c["site_id"] == made[1]] != calls
    assert all(clock.now - 28 * 86400 <= call["start"] < clock.now for call in calls)
    listed = connect(emulator.url).send("GET", "/calls", {"sites_ids": [made[0]]}).json()
    assert [c["id"] for c in listed] == [c["id"] for c in calls]
    assert {c["status_id"] for c in listed} == {3, 4, 5}
    hours = Counter(int(c["start_at"][11:13]) // 12 for c in listed)
    nights = sum(1 for c in listed if c["start_at"][11:13] in ("00", "01", "02", "03", "04", "05", "06", "07"))
    assert nights < len(listed) / 10 < min(hours.values())
    days = Counter(c["start_at"][:10] for c in listed)
    weekend = sum(n for day, n in days.items() if day in {f"2023-{d}" for d in WEEKENDS})
    assert weekend / 8 < (len(listed) - weekend) / 20
    assert {c["manager"] for c in calls} == {"+74951234567", "+442071838750"}


WEEKENDS = ("10-21", "10-22", "10-28", "10-29", "11-04", "11-05", "11-11", "11-12")


def test_the_same_site_has_the_same_past(start, site, tmp_path):
    pasts = []
    for name in ("one.db", "other.db"):
        emulator = start(history_days=3, database=tmp_path / name)
        emulator.put_site("100", site)
        pasts.append(emulator.calls("100"))
    assert pasts[0] == pasts[1] != []
