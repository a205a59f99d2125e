"""Chaser: calls 29 to 31 of api.md 2, signed by hand."""

from __future__ import annotations

import hashlib
from urllib.parse import quote_plus

import pytest
import requests

USER, KEY = "77", "private-Ключ"


class Chaser:
    """Signs as the vendor's sample does: parameters as they come, `client_id` last."""

    def __init__(self, url, user=USER, key=KEY):
        self.url, self.user, self.key = url, user, key

    def signed(self, params):
        query = "&".join(f"{quote_plus(k)}={quote_plus(str(v))}" for k, v in {**params, "client_id": self.user}.items())
        return f"{query}&SecurityKey={hashlib.md5(f'{query}&PrivateSecurityKey={self.key}'.encode()).hexdigest()}"

    def get(self, path, params=None):
        return requests.get(f"{self.url}{path}?{self.signed(params or {})}", timeout=10)

    def post(self, path, params):
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return requests.post(self.url + path, data=self.signed(params), headers=kind, timeout=10)


@pytest.fixture
def emulator(start):
    return start(chaser_accounts={USER: KEY, "88": "other"})


@pytest.fixture
def chaser(emulator):
    return Chaser(emulator.url_of("chaser"))


def code(answer):
    error = answer.json()["error"]
    assert error["http_code"] == answer.status_code
    return answer.status_code, error["code"]


# --- who is let in ---


def test_websites_are_listed(emulator, chaser):
    number = emulator.put_website(USER, "chaser.ru")
    emulator.put_website(USER, "Окна-Мастер.рф", "Окна")
    emulator.put_website("88", "other.ru")
    assert chaser.get("/websites").json() == [
        {"id": str(number), "name": "chaser.ru", "title": ""},
        {"id": str(number + 1), "name": "Окна-Мастер.рф", "title": "Окна"},
    ]
    assert emulator.websites(USER)[0] == {"id": number, "name": "chaser.ru", "title": ""}
    assert [(r.service, r.method, r.path, r.status, r.uid) for r in emulator.requests()] == [
        ("chaser", "GET", "/websites", 200, USER)
    ]


def test_who_is_not_let_in(emulator, chaser):
    assert code(Chaser(chaser.url, "99").get("/websites")) == (401, "AUTH-CLIENT-UNKNOWN")
    assert code(requests.get(chaser.url + "/websites", timeout=5)) == (401, "AUTH-CLIENT-UNKNOWN")
    assert code(Chaser(chaser.url, key="wrong").get("/websites")) == (403, "AUTH-KEY-INVALID")
    assert code(requests.get(f"{chaser.url}/websites?client_id={USER}", timeout=5)) == (403, "AUTH-KEY-INVALID")
    signed = chaser.signed({"site_id": 1, "filter": "failed_calls"})
    turned = "&".join([*signed.split("&")[1::-1], *signed.split("&")[2:]])
    assert turned.startswith("filter=failed_calls&site_id=1&client_id")
    assert code(requests.get(f"{chaser.url}/statistics?{turned}", timeout=5)) == (403, "AUTH-KEY-INVALID")


def test_the_user_comes_last(chaser):
    query = f"client_id={USER}&site_id=1"
    key = hashlib.md5(f"{query}&PrivateSecurityKey={KEY}".encode()).hexdigest()
    answer = requests.get(f"{chaser.url}/statistics?{query}&SecurityKey={key}", timeout=5)
    assert code(answer) == (403, "AUTH-ORDER-INVALID")


def test_verbs_paths_and_bodies(emulator, chaser):
    assert code(chaser.post("/websites", {})) == (405, "GEN-METHOD-NOT-ALLOWED")
    assert code(chaser.get("/sites")) == (404, "GEN-NOT-FOUND")
    assert code(requests.post(chaser.url + "/call", json={"client_id": USER}, timeout=5)) == (415, "GEN-CONTENT-TYPE")
    assert code(chaser.get("/websites", {"page": 2})) == (400, "GEN-PARAM-UNKNOWN")


# --- calls ---


def test_a_call_is_made_and_told_of_when_it_is_over(emulator, chaser, clock):
    site = emulator.put_website(USER, "chaser.ru")
    made = chaser.post("/call", {"site_id": site, "client_phone": 79161234567, "message_on_ring": "Звонок с сайта"})
    assert made.status_code == 200
    number = made.json()["id"]
    assert made.json() == {"status": "ok", "id": str(int(number))}
    assert emulator.calls(USER, "chaser")[0]["message_on_ring"] == "Звонок с сайта"
    assert chaser.get("/statistics", {"site_id": site}).json() == []
    clock.now += 60
    call = chaser.get("/statistics", {"site_id": site}).json()[0]
    assert call == {
        "id": number,
        "site_id": str(site),
        "date": "15-11-2023 01:13:20",
        "client_phone": "+79161234567",
        "manager_phone": call["manager_phone"],
        "status": call["status"],
        "duration": call["duration"],
    }
    assert (call["status"] == "success") == (call["duration"] > 0)
    assert emulator.calls("100") == []  # calls of one service are none of the other's


def test_a_call_at_a_time(emulator, chaser, clock):
    site = emulator.put_website(USER, "chaser.ru")
    sent = {"site_id": site, "client_phone": 79161234567, "manager_phone": "+7 495 123-45-67"}
    stack = {"nwt_action": "always_call", "call_stack_start_hour": 24, "call_stack_interval": 0}
    assert chaser.post("/call", sent | {"planned_time": int(clock.now) + 60} | stack).status_code == 200
    call = emulator.calls(USER, "chaser")[0]
    assert (call["state"], call["start"], call["manager"]) == ("delayed", clock.now + 60, "+74951234567")
    assert {name: call[name] for name in stack} == stack


REFUSED = [
    ({"site_id": None}, 400, "GEN-PARAM-REQUIRED"),
    ({"site_id": 1}, 404, "SITE-NOT-FOUND"),
    ({"site_id": "chaser.ru"}, 400, "GEN-PARAM-INVALID"),
    ({"client_phone": None}, 400, "GEN-PARAM-REQUIRED"),
    ({"client_phone": "+79161234567"}, 400, "GEN-PARAM-INVALID"),
    ({"client_phone": 12}, 400, "GEN-PARAM-INVALID"),
    ({"manager_phone": "anna"}, 400, "GEN-PARAM-INVALID"),
    ({"planned_time": 1_700_000_000}, 400, "GEN-PARAM-INVALID"),
    ({"planned_time": "tomorrow"}, 400, "GEN-PARAM-INVALID"),
    ({"client_ip": "everybody"}, 400, "GEN-PARAM-INVALID"),
    ({"nwt_action": "create_lead"}, 400, "GEN-PARAM-INVALID"),
    ({"nwt_action": "always_call", "call_stack_start_hour": 25}, 400, "GEN-PARAM-INVALID"),
    ({"nwt_action": "always_call", "call_stack_interval": 61}, 400, "GEN-PARAM-INVALID"),
    ({"nwt_action": "create_leed", "call_stack_interval": 5}, 400, "GEN-PARAM-INVALID"),
    ({"call_stack_start_hour": 9}, 400, "GEN-PARAM-INVALID"),
    ({"phone": 79161234567}, 400, "GEN-PARAM-UNKNOWN"),
]


@pytest.mark.parametrize(("changes", "status", "refusal"), REFUSED)
def test_a_call_is_refused(emulator, chaser, changes, status, refusal):
    sent = {"site_id": emulator.put_website(USER, "chaser.ru"), "client_phone": 79161234567} | changes
    answer = chaser.post("/call", {name: value for name, value in sent.items() if value is not None})
    assert code(answer) == (status, refusal)
    assert emulator.calls(USER, "chaser") == []


FILTERS = [
    ({}, "abc"),
    ({"filter": "success_calls"}, "a"),
    ({"filter": "failed_calls"}, "bc"),
    ({"date_from": "13-11-2023"}, "bc"),
    ({"date_from": "13-11-2023", "date_to": "13-11-2023"}, "b"),
    ({"date_to": "13-11-2023", "filter": "failed_calls"}, "b"),
]


@pytest.mark.parametrize(("sent", "found"), FILTERS)
def test_statistics_are_filtered(emulator, chaser, clock, sent, found):
    site, other = (emulator.put_website(USER, name) for name in ("chaser.ru", "other.ru"))
    midnight = 1_699_909_200.0  # 2023-11-14 00:00 in Moscow
    put = {"service": "chaser"}
    names = {
        str(emulator.put_call(USER, site, start=midnight - 86401, state="talked", **put)): "a",
        str(emulator.put_call(USER, site, start=midnight - 1, state="missed", **put)): "b",
        str(emulator.put_call(USER, site, start=midnight, state="no_answer", **put)): "c",
        str(emulator.put_call(USER, site, start=clock.now + 60, **put)): "d",
        str(emulator.put_call(USER, other, start=midnight, state="talked", **put)): "e",
    }
    listed = chaser.get("/statistics", {"site_id": site} | sent).json()
    assert "".join(names[call["id"]] for call in listed) == found


@pytest.mark.parametrize(
    "sent",
    [
        {"date_from": "2023-11-14"},
        {"date_to": "31-02-2023"},
        {"date_from": "14-11-2023", "date_to": "13-11-2023"},
        {"filter": "talked"},
        {"page": 1},
    ],
)
def test_statistics_are_refused(emulator, chaser, sent):
    site = emulator.put_website(USER, "chaser.ru")
    assert chaser.get("/statistics", {"site_id": site} | sent).status_code == 400


def test_answers_in_other_spellings(emulator, chaser, clock):
    site = emulator.put_website(USER, "chaser.ru")
    emulator.put_call(USER, site, start=clock.now - 60, state="talked", duration=61, service="chaser")
    emulator.set_personalities(["list-wrapped-data", "phones-bare", "numbers-as-strings", "empty-as-null"])
    assert chaser.get("/websites").json() == {"data": [{"id": str(site), "name": "chaser.ru", "title": None}]}
    call = chaser.get("/statistics", {"site_id": site}).json()["data"][0]
    assert (call["client_phone"], call["duration"]) == ("79161234567", "61")


def test_a_new_website_has_a_past(start):
    emulator = start(chaser_accounts={USER: KEY}, history_days=7)
    site = emulator.put_website(USER, "chaser.ru")
    listed = Chaser(emulator.url_of("chaser")).get("/statistics", {"site_id": site}).json()
    assert {call["status"] for call in listed} == {"success", "failed"}
