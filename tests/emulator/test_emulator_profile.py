"""The account's own profile: calls 14 and 15 of api.md 1.4."""

from __future__ import annotations

import pytest

PROFILE = {"timezone": "Asia/Vladivostok", "api_enable": 1, "api_key": "k3y-Ключ"}


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_the_profile_is_told_without_its_key(emulator, client):
    profile = client.send("GET", "/profile").json()
    assert profile == {
        "id": 1,
        "email": "studio1@example.com",
        "timezone": "Europe/Moscow",
        "api_enable": 1,
        "balance": "10000.00",
        "partner_balance": "1000.00",
    }
    emulator.set_personalities(["profile-with-key", "numbers-as-strings", "ids-as-strings"])
    told = client.send("GET", "/profile").json()
    assert told == profile | {"id": "1", "api_enable": "1", "api_key": "k3y-Ключ"}


@pytest.mark.parametrize("encoding", ["form", "json"])
def test_its_zone_is_that_of_all_dates(emulator, client, encoding):
    answer = client.send("POST", "/profile", PROFILE, encoding)
    assert (answer.status_code, answer.json()["timezone"]) == (200, "Asia/Vladivostok")
    told = client.send("GET", "/server/time/now").json()  # the token is still valid: the key is the same
    assert (told["date"], told["timezone"]) == ("2023-11-15 08:13:20", "Asia/Vladivostok")
    assert emulator.profile("100")["timezone"] == "Asia/Vladivostok"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"timezone": None}, "GEN-PARAM-REQUIRED"),
        ({"api_enable": None}, "GEN-PARAM-REQUIRED"),
        ({"api_key": None}, "GEN-PARAM-REQUIRED"),
        ({"api_key": ""}, "GEN-PARAM-REQUIRED"),
        ({"api_key": "  "}, "GEN-PARAM-INVALID"),
        ({"api_key": ["a"]}, "GEN-PARAM-INVALID"),
        ({"api_enable": "yes"}, "GEN-PARAM-INVALID"),
        ({"timezone": "Europe/Moskow"}, "GEN-PARAM-INVALID"),
        ({"email": "other@acme.ru"}, "GEN-PARAM-UNKNOWN"),
    ],
)
def test_a_profile_is_refused(emulator, client, changes, refusal):
    before = emulator.profile("100")
    answer = client.send("POST", "/profile", {k: v for k, v in (PROFILE | changes).items() if v is not None})
    assert code(answer) == (400, refusal)
    assert emulator.profile("100") == before


def test_another_key_ends_what_was_given_for_the_old_one(emulator, client, connect, start):
    assert client.send("POST", "/profile", PROFILE | {"api_key": "new"}).status_code == 200
    assert code(client.send("GET", "/sites")) == (403, "AUTH-TOKEN-EXPIRED")
    with pytest.raises(AssertionError, match="AUTH-SIGN-INVALID"):
        client.authenticate()
    assert connect(emulator.url, key="new").send("GET", "/sites").status_code == 200
    emulator.stop()
    again = start()  # with the key that the account began with
    assert connect(again.url, key="new").send("GET", "/sites").status_code == 200
    again.set_profile("100", api_key="k3y-Ключ")
    assert connect(again.url).send("GET", "/sites").status_code == 200


def test_a_disabled_api_lets_nobody_in(emulator, client):
    assert client.send("POST", "/profile", PROFILE | {"api_enable": 0}).json()["api_enable"] == 0
    assert code(client.send("GET", "/profile")) == (403, "AUTH-API-DISABLED")
    assert code(client.raw("GET", "/auth/token?uid=100&sign=x")) == (403, "AUTH-API-DISABLED")
    emulator.set_profile("100", api_enable=1)
    assert client.send("GET", "/profile").status_code == 200


def test_a_change_may_be_answered_without_a_body(emulator, client):
    emulator.set_personalities(["updates-without-body"])
    answer = client.send("POST", "/profile", PROFILE)
    assert (answer.status_code, answer.content) == (204, b"")
    assert emulator.profile("100")["timezone"] == "Asia/Vladivostok"
