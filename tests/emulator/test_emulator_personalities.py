"""Every personality does what its name says, and none changes what a value means (api.md 1.6 and 1.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from reconcile.emulator import PERSONALITIES
from reconcile.emulator.personalities import Family
from reconcile.model.fields import site_kind

#: Personalities of whole answers; all others spell what is inside a site.
OF_ANSWERS = {
    Family.LISTING,
    Family.SITES,
    Family.BRIEF_LISTS,
    Family.BRIEF_IDS,
    Family.FILTER,
    Family.ID,
    Family.CREATE,
    Family.UPDATES,
    Family.MERGE,
    Family.LOOSE,
    Family.OWNERS,
    Family.PROFILE,
}

SPELLINGS = [name for name, personality in PERSONALITIES.items() if personality.family not in OF_ANSWERS]

#: What a site must look like with one personality on. `empty-as-zero` alone is no other spelling than the usual one.
INSIDE: dict[str, Callable[[Any], bool]] = {
    "numbers-as-strings": lambda s: s["widget"]["call_time"] == "35" and s["site"]["auto_payment"] == "0",
    "numbers-as-booleans": lambda s: s["site"]["auto_payment"] is False and s["widget"]["period"] is True,
    "numbers-as-floats": lambda s: isinstance(s["widget"]["call_time"], float),
    "hours-as-strings": lambda s: monday(s) == ("9", "20:30"),
    "hours-padded": lambda s: monday(s) == ("09", "20:30"),
    "hours-short": lambda s: monday(s) == ("9:0", "20:30"),
    "hours-clock": lambda s: monday(s) == ("09:00", "20:30"),
    "empty-as-blank": lambda s: s["site"]["manager_rule"] == "" and s["site"]["report_analytic"] == 0,
    "empty-as-null": lambda s: s["site"]["manager_rule"] is None and s["blacklists"]["url"] is None,
    "empty-as-zero": lambda s: s["site"]["manager_rule"] == 0 and s["blacklists"]["url"] == "",
    "empty-absent": lambda s: "manager_rule" not in s["site"] and "region" not in s["managers"][0],
    "empty-objects-as-lists": lambda s: s["blacklists"] != [],
    "lists-as-objects": lambda s: list(s["managers"]) == ["0", "1"] and s["site"]["notification_notify"]["1"] == "miss",
    "lines-crlf": lambda s: s["blacklists"]["ip"] == "198.51.100.0/24\r\n203.0.113.7",
    "lines-trailing": lambda s: (
        s["blacklists"]["ip"] == "198.51.100.0/24\n203.0.113.7\n" and s["blacklists"]["url"] == ""
    ),
    "lines-padded": lambda s: s["blacklists"]["ip"] == " 198.51.100.0/24 \n 203.0.113.7 ",
    "lines-as-list": lambda s: (
        s["blacklists"]["ip"] == ["198.51.100.0/24", "203.0.113.7"] and s["blacklists"]["url"] == []
    ),
    "phones-bare": lambda s: phones(s) == ["74951234567", "442071838750"],
    "phones-plus": lambda s: phones(s) == ["+74951234567", "+442071838750"],
    "phones-trunk": lambda s: phones(s) == ["84951234567", "+442071838750"],
    "phones-pretty": lambda s: phones(s) == ["+7 (495) 123-45-67", "+442071838750"],
    "urls-bare": lambda s: s["site"]["url"] == "acme.ru",
    "urls-http": lambda s: s["site"]["url"] == "http://acme.ru",
    "urls-slash": lambda s: s["site"]["url"] == "http://Acme.ru/",
    "urls-punycode": lambda s: s["site"]["url"] == "http://acme.ru",
    "urls-unicode": lambda s: s["site"]["url"] == "http://acme.ru",
    "undocumented-fields": lambda s: s["widget"]["schelude"]["holidays"] == [] and s["managers"][1]["sort"] == 100,
}


def monday(site: Any) -> tuple[Any, Any]:
    return site["widget"]["schelude"]["monday"]["from"], site["widget"]["schelude"]["monday"]["to"]


def phones(site: Any) -> list[str]:
    return [manager["phone"] for manager in site["managers"]]


def meaning(site: Any) -> dict[str, Any]:
    """What the product reads in a site."""

    def at(keys: tuple[str, ...]) -> Any:
        level: Any = site
        for key in keys:
            level = level.get(key) if isinstance(level, dict) else None
        return level

    return {field.path: field.lenient(at(field.wire)) for field in site_kind().fields}


def test_every_personality_is_tested():
    assert set(INSIDE) == set(SPELLINGS)
    assert all(personality.description and personality.name == name for name, personality in PERSONALITIES.items())


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_spelling_is_not_a_difference(emulator, client, site, name):
    created = client.send("POST", "/sites", site)
    plain = created.json()
    emulator.set_personalities([name])
    spelled = client.send("GET", f"/sites/{plain['id']}").json()
    assert INSIDE[name](spelled)
    assert client.send("GET", "/sites").json() == [spelled]
    assert meaning(spelled) == meaning(plain)
    assert emulator.sites("100") == [plain]  # what is stored stays


def test_all_spellings_at_once_mean_the_same(emulator, client, site):
    plain = [client.send("POST", "/sites", site).json() for _ in range(20)]
    emulator.set_personalities(SPELLINGS)
    spelled = client.send("GET", "/sites").json()
    assert [meaning(s) for s in spelled] == [meaning(p) for p in plain]
    assert client.send("GET", "/sites").json() == spelled  # the same every time
    assert len({str(s["widget"]["call_time"]) + type(s["widget"]["call_time"]).__name__ for s in spelled}) > 1
    assert len({str(monday(s)) for s in spelled}) > 1


@pytest.mark.parametrize(
    ("url", "name", "spelled"),
    [
        ("http://пример.рф/a", "urls-punycode", "http://xn--e1afmkfd.xn--p1ai/a"),
        ("xn--e1afmkfd.xn--p1ai", "urls-unicode", "пример.рф"),
        ("https://пример.рф", "urls-slash", "http://Пример.рф/"),
    ],
)
def test_cyrillic_hosts(emulator, client, site, url, name, spelled):
    site["site"]["url"] = url
    emulator.set_personalities([name])
    created = client.send("POST", "/sites", site).json()
    assert created["site"]["url"] == spelled
    assert meaning(created)["url"] == meaning(site)["url"]


def test_an_empty_object_is_an_empty_list(emulator, client, site):
    site["blacklists"] = {"ip": "", "url": "", "phone": "", "referer": ""}
    emulator.set_personalities(["empty-objects-as-lists"])
    assert client.send("POST", "/sites", site).json()["blacklists"] == []
    emulator.set_personalities(["empty-objects-as-lists", "empty-absent"])
    created = client.send("GET", "/sites").json()[0]
    assert created["blacklists"] == []
    assert created["widget"]["algoritms"]["onreturn"] == []


def test_forty_undocumented_fields(emulator, client, site):
    del site["managers"][1]
    plain = client.send("POST", "/sites", site).json()
    emulator.set_personalities(["undocumented-fields"])
    rich = client.send("GET", "/sites").json()[0]

    def added(before: Any, after: Any) -> int:
        if isinstance(before, list):
            return sum(added(b, a) for b, a in zip(before, after, strict=True)) if isinstance(after, list) else 0
        if not isinstance(before, dict):
            return 0
        return len(after.keys() - before.keys()) + sum(added(before[key], after[key]) for key in before)

    assert added(plain, rich) == 40


# --- shapes ---


@pytest.mark.parametrize(
    ("name", "unwrap"),
    [
        ("list-wrapped-data", lambda answer: answer["data"]),
        ("list-wrapped-items", lambda answer: answer["items"]),
        ("list-wrapped-sites", lambda answer: answer["sites"]),
        ("list-as-object", lambda answer: [answer["0"], answer["1"]]),
    ],
)
def test_lists(emulator, client, site, name, unwrap):
    made = [client.send("POST", "/sites", site).json() for _ in range(2)]
    emulator.set_personalities([name])
    assert unwrap(client.send("GET", "/sites").json()) == made
    assert "widgets" in client.send("GET", "/widget").json() or name != "list-wrapped-sites"


def test_a_flat_site(emulator, client, site):
    plain = client.send("POST", "/sites", site).json()
    emulator.set_personalities(["flat-sites"])
    flat = client.send("GET", f"/sites/{plain['id']}").json()
    assert flat == {"id": plain["id"], **plain["site"], **{k: plain[k] for k in ("managers", "widget", "blacklists")}}


def test_brief_lists(emulator, client, site):
    full = client.send("POST", "/sites", site).json()
    brief = {"id": full["id"], "site": full["site"]}
    ids = {"ids": [full["id"]]}

    def answers(*names: str) -> list[Any]:
        emulator.set_personalities(names)
        return [client.send("GET", "/sites").json(), client.send("GET", "/sites", ids).json()]

    assert answers("brief-lists") == [[brief], [full]]
    assert answers("brief-lists", "brief-ids") == [[brief], [brief]]
    assert answers("brief-lists", "ids-ignored") == [[brief], [brief]]
    assert client.send("GET", f"/sites/{full['id']}").json() == full


def test_ids_that_are_not_honoured(emulator, client, site):
    made = [client.send("POST", "/sites", site).json() for _ in range(2)]
    emulator.set_personalities(["ids-ignored"])
    assert client.send("GET", "/sites", {"ids": [made[0]["id"]]}).json() == made


def test_ids_refused(emulator, client, site):
    emulator.set_personalities(["ids-refused"])
    made = client.send("POST", "/sites", site).json()
    assert client.send("GET", "/sites").json() == [made]
    assert client.send("GET", "/sites", {"ids": [made["id"]]}).json()["error"]["code"] == "GEN-PARAM-UNKNOWN"


def test_ids_as_strings(emulator, client, site):
    emulator.set_personalities(["ids-as-strings"])
    made = client.send("POST", "/sites", site).json()
    assert made["id"] == str(int(made["id"]))
    assert client.send("GET", "/sites").json() == [made]
    assert client.send("GET", "/widget").json()[0]["site_id"] == made["id"]


def test_what_changes_answer(emulator, client, site):
    emulator.set_personalities(["create-id-only"])
    created = client.send("POST", "/sites", site)
    assert (created.status_code, list(created.json())) == (201, ["id"])
    path = f"/sites/{created.json()['id']}"
    emulator.set_personalities(["updates-accepted"])
    updated = client.send("PUT", path, site)
    assert (updated.status_code, updated.json()["id"]) == (202, created.json()["id"])
    emulator.set_personalities(["updates-without-body"])
    for answer in (client.send("PUT", path, site), client.send("DELETE", path)):
        assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(("names", "kept"), [([], 28), (["updates-merge"], 35)])
def test_what_an_update_does_to_fields_that_are_not_sent(emulator, client, site, names, kept):
    emulator.set_personalities(names)
    path = f"/sites/{client.send('POST', '/sites', site).json()['id']}"
    del site["widget"]["call_time"]
    assert client.send("PUT", path, site).json()["widget"]["call_time"] == kept
    del site["widget"]
    assert client.send("PUT", path, site).status_code == 400


def test_an_unknown_personality(emulator):
    with pytest.raises(ValueError, match='no personality "hours-paded"; did you mean "hours-padded"'):
        emulator.set_personalities(["hours-paded"])
    assert requests.get(emulator.url, timeout=5).status_code == 404
