"""Widgets: calls 10 and 11 of api.md 1.4."""

from __future__ import annotations


def test_widgets_are_listed(client, site):
    made = [client.send("POST", "/sites", site).json() for _ in range(2)]
    widgets = client.send("GET", "/widget").json()
    assert [(w["site_id"], w["widget"]) for w in widgets] == [(m["id"], m["widget"]) for m in made]
    assert not {w["id"] for w in widgets} & {m["id"] for m in made}  # nobody takes one for the other unnoticed
    assert len({w["site_key"] for w in widgets}) == 2
    assert client.send("GET", "/widget", {"sites_ids": [made[1]["id"]]}).json() == widgets[1:]


def test_widgets_of_clients_sites_are_found_by_their_sites(emulator, client, connect, site):
    acme = emulator.put_client("100", "a@acme.ru")
    own, theirs = emulator.put_site("100", site), emulator.put_site("100", site, client=acme)
    assert [w["site_id"] for w in client.send("GET", "/widget").json()] == [own]
    found = client.send("GET", "/widget", {"sites_ids": [theirs]}).json()
    assert [w["site_id"] for w in found] == [theirs]
    assert client.send("GET", f"/widget/{found[0]['id']}").json()["site_id"] == theirs
    other = connect(emulator.url, "200", "other")
    assert other.send("GET", f"/widget/{found[0]['id']}").json()["error"]["code"] == "WIDGET-NOT-FOUND"
    assert client.send("GET", f"/widget/{own}").status_code == 404  # a site's id is not a widget's


def test_a_widget_is_initialised_without_asking_the_server(emulator, client, site):
    made = client.send("POST", "/sites", site).json()
    listed = client.send("GET", "/widget").json()[0]
    settings = client.send("GET", f"/widget/{listed['id']}").json()
    assert {name: settings[name] for name in made["widget"]} == made["widget"]
    assert {name: settings[name] for name in ("id", "site_id", "site_key")} == {
        name: listed[name] for name in ("id", "site_id", "site_key")
    }
    assert settings["apiPath"] == f"//api.pozvonim.com/widget/callback/v3/{listed['id']}"
    assert {"buttonSize", "buttonColor", "texts", "mobileButton"} <= set(settings)
    emulator.set_personalities(["ids-as-strings", "numbers-as-strings"])
    spelled = client.send("GET", f"/widget/{listed['id']}").json()
    assert (spelled["id"], spelled["call_time"]) == (str(listed["id"]), "35")
