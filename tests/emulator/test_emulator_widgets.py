"""Widgets: calls 10 and 11 of api.md 1.4."""

from __future__ import annotations


def test_widgets_are_listed(client, site):
    made = [client.send("POST", "/sites", site).json() for _ in range(2)]
    widgets = client.send("GET", "/widget").json()
    assert [(w["site_id"], w["widget"]) for w in widgets] == [(m["id"], m["widget"]) for m in made]
    assert not {w["id"] for w in widgets} & {m["id"] for m in made}  # nobody takes one for the other unnoticed
    assert len({w["site_key"] for w in widgets}) == 2
    assert client.send("GET", "/widget", {"sites_ids": [made[1]["id"]]}).json() == widgets[1:]
