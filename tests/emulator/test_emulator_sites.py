"""What sites the service takes and gives back, and the log of what was asked."""

from __future__ import annotations

import json
import logging
import shutil
import socket
import threading
import time
from typing import Any

import pytest
import requests

from reconcile.emulator import Emulator, Options
from reconcile.emulator.requests import parse_form
from reconcile.model import fields


@pytest.mark.parametrize("encoding", ["form", "json"])
def test_a_site_is_created_read_updated_and_deleted(emulator, client, site, encoding):
    created = client.send("POST", "/sites", site, encoding)
    assert created.status_code == 201
    made = created.json()
    path = f"/sites/{made['id']}"
    assert made["site"]["url"] == "http://acme.ru"
    assert made["site"]["notification_notify"] == ["call", "miss"]
    assert made["site"]["report_period"] == 86400  # the documented default
    assert made["managers"] == [
        {"phone": "+74951234567", "name": "Анна", "region": ""},
        {"phone": "+442071838750", "name": "", "region": ""},
    ]
    assert made["widget"]["schelude"]["monday"] == {"from": 9, "to": "20:30", "enable": 1}
    assert made["widget"]["schelude"]["tuesday"] == {"from": 9, "to": 18, "enable": 1}
    assert made["blacklists"]["ip"] == "198.51.100.0/24\n203.0.113.7"
    assert client.send("GET", path).json() == made
    assert client.send("GET", "/sites").json() == [made] == emulator.sites("100")

    site["widget"] = {"call_time": 60}
    updated = client.send("PUT", path, site, encoding)
    assert updated.status_code == 200
    assert updated.json() == client.send("GET", path).json()
    assert updated.json()["widget"]["call_time"] == 60
    assert updated.json()["widget"]["timezone"] == "Europe/Moscow"  # not sent: the default, not what was there

    assert client.send("DELETE", path).json() == {"id": made["id"]}
    for method in ("GET", "DELETE"):
        assert client.send(method, path).status_code == 404
    assert client.send("PUT", path, site).json()["error"]["code"] == "SITE-NOT-FOUND"
    assert client.send("POST", "/sites", site).json()["id"] > made["id"]  # numbers are never used again


def test_ids_choose_among_the_own_sites(emulator, client, connect, site):
    mine = [client.send("POST", "/sites", site).json()["id"] for _ in range(3)]
    other = connect(emulator.url, "200", "other")
    foreign = other.send("POST", "/sites", site).json()["id"]
    listed = client.send("GET", "/sites", {"ids": [mine[2], mine[0], foreign, 999]}).json()
    assert [item["id"] for item in listed] == [mine[0], mine[2]]
    assert [item["id"] for item in other.send("GET", "/sites").json()] == [foreign]
    assert client.send("GET", f"/sites/{foreign}").status_code == 404
    assert client.send("GET", "/sites", {"ids": ["x"]}).status_code == 400
    assert client.send("GET", "/sites", {"ids": "1"}).status_code == 400


def test_the_time_is_told(client, clock):
    told = client.send("GET", "/server/time/now").json()
    assert told == {"time": clock.now, "date": "2023-11-15 01:13:20", "timezone": "Europe/Moscow"}


# --- refusals ---

REFUSED: list[tuple[str, Any, str]] = [
    ("site", None, "GEN-PARAM-REQUIRED"),
    ("managers", None, "GEN-PARAM-REQUIRED"),
    ("widget", None, "GEN-PARAM-REQUIRED"),
    ("blacklists", None, "GEN-PARAM-REQUIRED"),
    ("site.url", None, "GEN-PARAM-REQUIRED"),
    ("site.url", "", "GEN-PARAM-REQUIRED"),
    ("managers", [], "GEN-PARAM-REQUIRED"),
    ("managers.0.phone", None, "GEN-PARAM-REQUIRED"),
    ("managers.1.phone", "", "GEN-PARAM-REQUIRED"),
    ("widget.schelude.monday.from", None, "GEN-PARAM-REQUIRED"),
    ("widget.schelude.monday.to", None, "GEN-PARAM-REQUIRED"),
    ("widget.schelude.monday.enable", None, "GEN-PARAM-REQUIRED"),
    ("site.auto_payment", "true", "GEN-PARAM-INVALID"),
    ("site.auto_payment", True, "GEN-PARAM-INVALID"),
    ("site.auto_payment", 2, "GEN-PARAM-INVALID"),
    ("site.auto_payment", 1.0, "GEN-PARAM-INVALID"),
    ("widget.call_time", "soon", "GEN-PARAM-INVALID"),
    ("widget.call_time", "", "GEN-PARAM-INVALID"),
    ("widget.call_time", 2.5, "GEN-PARAM-INVALID"),
    ("widget.schelude.monday.from", "9am", "GEN-PARAM-INVALID"),
    ("widget.schelude.monday.from", 25, "GEN-PARAM-INVALID"),
    ("widget.timezone", "Europe/Moskow", "GEN-PARAM-INVALID"),
    ("widget", "standard", "GEN-PARAM-INVALID"),
    ("widget.schelude", [1], "GEN-PARAM-INVALID"),
    ("managers", "anna", "GEN-PARAM-INVALID"),
    ("managers.0", "anna", "GEN-PARAM-INVALID"),
    ("managers.0.phone", "anna", "GEN-PARAM-INVALID"),
    ("blacklists.ip", ["203.0.113.7"], "GEN-PARAM-INVALID"),
    ("blacklists.ip", "everybody", "GEN-PARAM-INVALID"),
    ("site.notification_notify", "call", "GEN-PARAM-INVALID"),
    ("site.title", "Acme", "GEN-PARAM-UNKNOWN"),
    ("site.schedule", "x", "GEN-PARAM-UNKNOWN"),
    ("widget.schedule_night", 1, "GEN-PARAM-UNKNOWN"),
    ("widget.schelude.holiday", {"from": 1}, "GEN-PARAM-UNKNOWN"),
    ("managers.0.id", 5, "GEN-PARAM-UNKNOWN"),
    ("labels", {"tier": "gold"}, "GEN-PARAM-UNKNOWN"),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Emulator(Options({"100": "k3y-Ключ"}, tmp_path_factory.mktemp("emulator") / "shared.db")) as emulator:
        yield emulator


@pytest.mark.parametrize(("path", "value", "code"), REFUSED)
def test_a_site_is_refused(shared, connect, site, path, value, code):
    level: Any = site
    *above, last = path.split(".")
    for name in above:
        level = level[int(name) if isinstance(level, list) else name]
    level[int(last) if isinstance(level, list) else last] = value
    encoding = "form" if isinstance(value, str) else "json"
    client = connect(shared.url)
    client.authenticate()
    signed = _signed_as_php(client, site)
    answer = client.raw("POST", "/sites", **signed) if encoding == "json" else client.send("POST", "/sites", site)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code), answer.text
    assert shared.sites("100") == []


def _signed_as_php(client: Any, site: dict[str, Any]) -> dict[str, Any]:
    """A JSON body; 1.0 and 2.5 are spelled as PHP does under the signature."""
    as_php = json.loads(json.dumps(site), parse_float=lambda text: text.removesuffix(".0"))
    return {"json": {**client.signed(as_php), **site}}


def test_calls_take_no_undocumented_parameters(client, site):
    for method, path in (("GET", "/sites"), ("GET", "/widget"), ("GET", "/server/time/now")):
        assert client.send(method, path, {"page": 2}).json()["error"]["code"] == "GEN-PARAM-UNKNOWN"


def test_nothing_is_as_good_as_null(client, site):
    site["widget"]["call_time"] = None
    site["blacklists"] = {}
    created = client.send("POST", "/sites", site, "json").json()
    assert created["widget"]["call_time"] == 28
    assert created["blacklists"] == {"ip": "", "url": "", "phone": "", "referer": ""}


# --- the field model ---


def test_a_field_of_the_schema_needs_no_other_edit(start, connect, site, tmp_path, monkeypatch):
    shutil.copytree(fields.schema_folder(), tmp_path / "schemas")
    schema = tmp_path / "schemas" / "widget.schema.json"
    widget = json.loads(schema.read_text(encoding="utf-8"))
    widget["properties"]["volume"] = {"type": "integer", "x-type": "integer", "x-wire": "sound_volume", "default": 7}
    schema.write_text(json.dumps(widget), encoding="utf-8")
    monkeypatch.setattr(fields, "schema_folder", lambda: tmp_path / "schemas")
    fields.schemas.cache_clear()
    fields.site_kind.cache_clear()
    try:
        client = connect(start(personalities=("numbers-as-strings",)).url)
        assert client.send("POST", "/sites", site).json()["widget"]["sound_volume"] == "7"
        site["widget"]["sound_volume"] = 11
        assert client.send("POST", "/sites", site).json()["widget"]["sound_volume"] == "11"
    finally:
        fields.schemas.cache_clear()
        fields.site_kind.cache_clear()


# --- running ---


def test_requests_are_recorded(emulator, client, site):
    client.authenticate()
    emulator.clear_requests()
    client.send("POST", "/sites", site)
    client.send("GET", "/sites/99")
    client.raw("PUT", "/auth/token")
    assert [(r.method, r.path, r.status, r.uid) for r in emulator.requests()] == [
        ("POST", "/sites", 201, "100"),
        ("GET", "/sites/99", 404, "100"),
        ("PUT", "/auth/token", 405, ""),
    ]


def test_sites_can_be_changed_behind_the_service(emulator, client):
    made = emulator.put_site("100", {"site": {"url": "acme.ru"}, "managers": [{"phone": "+74951234567"}]})
    assert client.send("GET", f"/sites/{made}").json()["widget"]["call_time"] == 28
    emulator.change_site(made, {"widget.call_time": 99, "managers.0.name": "Пётр", "site.anything": {"a": 1}})
    live = client.send("GET", f"/sites/{made}").json()
    assert (live["widget"]["call_time"], live["managers"][0]["name"], live["site"]["anything"]) == (
        99,
        "Пётр",
        {"a": 1},
    )
    emulator.drop_site(made)
    assert client.send("GET", "/sites").json() == []
    with pytest.raises(KeyError):
        emulator.change_site(made, {})


def test_what_is_stored_outlives_the_server(emulator, client, start, connect, site):
    client.send("POST", "/sites", site)
    emulator.stop()
    assert len(emulator.sites("100")) == 1
    again = start()
    assert again.requests() == []
    assert len(connect(again.url).send("GET", "/sites").json()) == 1


def test_a_port_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        emulator = Emulator(Options({}, tmp_path / "x.db", port=taken.getsockname()[1]))
        with pytest.raises(OSError, match="address already in use"):
            emulator.start()
    with emulator:
        assert requests.get(emulator.url + "/nothing", timeout=5).status_code == 404


def test_whatever_goes_wrong_is_an_answer(emulator, client, monkeypatch, caplog):
    client.authenticate()
    emulator.clear_requests()
    monkeypatch.setattr(emulator._storage.sites, "listed", lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR, "reconcile.emulator"):
        answer = client.send("GET", "/sites")
    assert answer.json() == {
        "error": {"code": "GEN-SERVER-ERROR", "http_code": 500, "message": "Oops something wrong!"}
    }
    assert [r.status for r in emulator.requests()] == [500]
    assert "ZeroDivisionError" in caplog.text


def test_slow_answers_wait_side_by_side(start, connect, site):
    emulator = start(latency=0.2)
    client = connect(emulator.url)
    client.authenticate()
    statuses = []

    def create() -> None:
        one = connect(emulator.url)
        one.token = client.token
        statuses.append(one.send("POST", "/sites", site).status_code)

    threads = [threading.Thread(target=create) for _ in range(16)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.perf_counter() - began < 16 * 0.2 / 2
    assert statuses == [201] * 16
    assert len({s["id"] for s in emulator.sites("100")}) == 16


# --- forms, as PHP reads them ---


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("", {}),
        ("a=1&a=2&b", {"a": "2", "b": ""}),
        ("a%5Bb%5D%5Bc%5D=x+y%2B", {"a": {"b": {"c": "x y+"}}}),
        ("a[]=1&a[]=2&a[7]=3&a[]=4", {"a": {"0": "1", "1": "2", "7": "3", "8": "4"}}),
        ("a[01]=1&a[]=2", {"a": {"01": "1", "0": "2"}}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("a[b=1&c.d=2&e f=3", {"a_b": "1", "c_d": "2", "e_f": "3"}),
        ("f[g]h[i]=1&=2&&", {"f": {"g": "1"}}),
    ],
)
def test_forms(text, params):
    assert parse_form(text) == params
