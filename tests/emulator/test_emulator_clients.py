"""A studio's clients and their sites: calls 17 to 25 of api.md 1.4."""

from __future__ import annotations

from decimal import Decimal

import pytest

OWNER = {"email": "owner@acme.ru", "password": "s3cret-пароль"}


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("encoding", ["form", "json"])
def test_a_client_is_created_listed_and_read(emulator, client, connect, site, encoding):
    created = client.send("POST", "/contributors", OWNER, encoding)
    assert created.status_code == 201
    made = created.json()
    assert made == {"id": made["id"], "email": "owner@acme.ru", "balance": "0.00"}
    assert client.send("GET", "/contributors").json() == [made]
    own = client.send("POST", f"/contributors/{made['id']}/sites", site, encoding).json()["id"]
    extended = {"created_at": "2023-11-15 01:13:20", "sites": [own]}
    assert client.send("GET", f"/contributors/{made['id']}").json() == made | extended
    assert emulator.clients("100") == [made | {"balance": Decimal(0)}]
    other = connect(emulator.url, "200", "other")
    assert other.send("GET", "/contributors").json() == []
    assert code(other.send("GET", f"/contributors/{made['id']}")) == (404, "CONTRIBUTOR-NOT-FOUND")


def test_a_password_is_kept_as_a_hash_only(emulator, client, site, tmp_path):
    client.send("POST", "/contributors", OWNER)
    client.send("POST", "/contributors/sites", OWNER | {"email": "b@acme.ru"} | site)
    emulator.stop()
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"owner@acme.ru" in everything
    assert OWNER["password"].encode() not in everything


REFUSED = [
    ({"email": None}, 400, "GEN-PARAM-REQUIRED"),
    ({"password": ""}, 400, "GEN-PARAM-REQUIRED"),
    ({"email": "owner"}, 400, "GEN-PARAM-INVALID"),
    ({"email": "Taken@acme.ru"}, 409, "CONTRIBUTOR-EMAIL-TAKEN"),
    ({"email": "elsewhere@acme.ru"}, 409, "CONTRIBUTOR-EMAIL-TAKEN"),
    ({"name": "Acme"}, 400, "GEN-PARAM-UNKNOWN"),
]


@pytest.mark.parametrize(("changes", "status", "refusal"), REFUSED)
@pytest.mark.parametrize("path", ["/contributors", "/contributors/sites"])
def test_a_client_is_refused(emulator, client, site, path, changes, status, refusal):
    emulator.put_client("100", "taken@acme.ru")
    emulator.put_client("200", "elsewhere@acme.ru")
    sent = OWNER | changes | (site if path.endswith("sites") else {})
    answer = client.send("POST", path, {name: value for name, value in sent.items() if value is not None})
    assert code(answer) == (status, refusal)
    assert len(emulator.clients("100")) == 1


def test_a_client_and_its_first_site_in_one_call(emulator, client, site):
    made = client.send("POST", "/contributors/sites", OWNER | site)
    assert made.status_code == 201
    owner = made.json()
    assert owner == {"id": owner["id"], "email": "owner@acme.ru", "site": owner["site"]}
    assert client.send("GET", f"/contributors/{owner['id']}/sites").json() == [owner["site"]]
    emulator.set_personalities(["create-id-only"])
    again = client.send("POST", "/contributors/sites", OWNER | site | {"email": "b@acme.ru"}).json()
    assert list(again) == ["id"]
    assert len(client.send("GET", f"/contributors/{again['id']}/sites").json()) == 1
    assert list(client.send("POST", "/contributors", OWNER | {"email": "c@acme.ru"}).json()) == ["id"]


def test_neither_client_nor_site_where_one_is_refused(emulator, client, site):
    emulator.put_client("100", OWNER["email"])
    assert client.send("POST", "/contributors/sites", OWNER | site).status_code == 409
    site["widget"]["call_time"] = "soon"
    assert client.send("POST", "/contributors/sites", OWNER | {"email": "b@acme.ru"} | site).status_code == 400
    assert len(emulator.clients("100")) == 1
    assert client.send("GET", f"/contributors/{emulator.clients('100')[0]['id']}/sites").json() == []


def test_a_clients_sites_are_its_own(emulator, client, site):
    mine = client.send("POST", "/sites", site).json()
    acme, beta = (emulator.put_client("100", f"{name}@acme.ru") for name in ("a", "b"))
    path = f"/contributors/{acme}/sites"
    made = [client.send("POST", path, site).json() for _ in range(2)]
    assert len({mine["id"], *(m["id"] for m in made)}) == 3
    assert client.send("GET", path).json() == made == emulator.sites("100", client=acme)
    assert client.send("GET", path, {"ids": [made[1]["id"], mine["id"]]}).json() == made[1:]
    assert client.send("GET", "/sites").json() == [mine] == emulator.sites("100")
    assert client.send("GET", "/sites", {"ids": [made[0]["id"]]}).json() == []
    for elsewhere in (f"/sites/{made[0]['id']}", f"{path}/{mine['id']}", f"/contributors/{beta}/sites/{made[0]['id']}"):
        for method, sent in (("GET", {}), ("PUT", site), ("DELETE", {})):
            assert code(client.send(method, elsewhere, sent)) == (404, "SITE-NOT-FOUND")
    assert code(client.send("GET", "/contributors/1/sites")) == (404, "CONTRIBUTOR-NOT-FOUND")
    assert code(client.send("POST", "/contributors/1/sites", site)) == (404, "CONTRIBUTOR-NOT-FOUND")

    site["widget"] = {"call_time": 60}
    updated = client.send("PUT", f"{path}/{made[0]['id']}", site)
    assert (updated.status_code, updated.json()["widget"]["call_time"]) == (200, 60)
    assert client.send("GET", f"{path}/{made[0]['id']}").json() == updated.json()
    assert client.send("DELETE", f"{path}/{made[0]['id']}").json() == {"id": made[0]["id"]}
    assert client.send("GET", path).json() == made[1:]


def test_a_studio_that_is_told_of_its_clients_sites_too(emulator, client, site):
    acme = emulator.put_client("100", "a@acme.ru")
    mine = client.send("POST", "/sites", site).json()
    made = client.send("POST", f"/contributors/{acme}/sites", site).json()
    emulator.set_personalities(["sites-of-clients-too"])
    assert client.send("GET", "/sites").json() == [mine, made]
    assert client.send("GET", f"/sites/{made['id']}").json() == made
    assert client.send("GET", f"/contributors/{acme}/sites").json() == [made]


def test_clients_and_their_sites_in_other_spellings(emulator, client, site):
    acme = emulator.put_client("100", "a@acme.ru", 99)
    path = f"/contributors/{acme}/sites"
    made = client.send("POST", path, site).json()
    emulator.set_personalities(["list-wrapped-sites", "ids-as-strings", "numbers-as-floats", "brief-lists"])
    listed = client.send("GET", "/contributors").json()
    assert listed == {"contributors": [{"id": str(acme), "email": "a@acme.ru", "balance": 99.0}]}
    assert client.send("GET", f"/contributors/{acme}").json()["sites"] == [str(made["id"])]
    assert list(client.send("GET", path).json()["sites"][0]) == ["id", "site"]
    assert "widget" in client.send("GET", path, {"ids": [made["id"]]}).json()["sites"][0]
    emulator.set_personalities(["updates-accepted", "ids-refused", "updates-merge"])
    del site["widget"]["call_time"]
    updated = client.send("PUT", f"{path}/{made['id']}", site)
    assert (updated.status_code, updated.json()["widget"]["call_time"]) == (202, 35)
    assert client.send("GET", path, {"ids": [made["id"]]}).status_code == 400
