"""Fields that nobody documents: a real site has them, keeps them, and may take them."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("path", ["site.title", "widget.schelude.holiday", "blacklists.country"])
def test_what_is_not_documented_is_refused(emulator, client, site, path):
    made = emulator.put_site("100", site)
    emulator.change_site(made, {path: "x"})
    section, *rest = path.split(".")
    level = site[section] if len(rest) == 1 else site[section].setdefault(rest[0], {})
    level[rest[-1]] = "y"
    for answer in (client.send("POST", "/sites", site), client.send("PUT", f"/sites/{made}", site)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "GEN-PARAM-UNKNOWN")


CHANGES = {
    "site.title": "Окна",
    "widget.button_color": "red",
    "widget.texts": {"title": "Ждём", "size": 3},
    "widget.schelude.holidays": ["01-01"],
    "blacklists.country": "",
}


@pytest.mark.parametrize("names", [[], ["updates-merge"], ["undocumented-accepted"]])
def test_an_update_that_does_not_send_them_keeps_them(emulator, client, site, names):
    made = client.send("POST", "/sites", site).json()["id"]
    emulator.change_site(made, CHANGES)
    emulator.set_personalities(names)
    before = client.send("GET", f"/sites/{made}").json()
    del site["widget"]["call_time"]
    updated = client.send("PUT", f"/sites/{made}", site).json()
    assert updated["site"]["title"] == "Окна"
    assert (updated["widget"]["button_color"], updated["widget"]["texts"]) == ("red", {"title": "Ждём", "size": 3})
    assert updated["widget"]["schelude"]["holidays"] == ["01-01"]
    assert updated["blacklists"]["country"] == ""
    updated["widget"]["call_time"] = 35
    assert updated == before


@pytest.mark.parametrize("name", ["undocumented-accepted", "undocumented-fields"])
@pytest.mark.parametrize("encoding", ["form", "json"])
def test_what_is_accepted_is_stored_as_sent(emulator, client, site, name, encoding):
    emulator.set_personalities([name])
    site["widget"] |= {"button_color": "red", "texts": {"title": "Ждём"}, "steps": ["a", "b"]}
    site["widget"]["schelude"]["holidays"] = ["01-01", "08-03"]
    site["blacklists"]["country"] = "KZ"
    made = client.send("POST", "/sites", site, encoding).json()
    own = {"button_color": "red", "texts": {"title": "Ждём"}, "steps": ["a", "b"]}
    assert {key: made["widget"][key] for key in own} == own
    assert (made["widget"]["schelude"]["holidays"], made["blacklists"]["country"]) == (["01-01", "08-03"], "KZ")
    site["widget"] = {"button_color": "blue", "texts": {"button": "Жду"}}
    changed = client.send("PUT", f"/sites/{made['id']}", site, encoding).json()["widget"]
    assert (changed["button_color"], changed["texts"], changed["steps"]) == ("blue", {"button": "Жду"}, ["a", "b"])
    assert changed["schelude"]["holidays"] == ["01-01", "08-03"]
    assert emulator.sites("100")[0]["widget"]["button_color"] == "blue"


@pytest.mark.parametrize("place", ["managers.0.sort", "notes", "widget.schelude.monday.lunch"])
def test_where_they_are_accepted(emulator, client, site, place):
    emulator.set_personalities(["undocumented-accepted"])
    level = site
    *above, last = place.split(".")
    for name in above:
        level = level[int(name)] if isinstance(level, list) else level[name]
    level[last] = "x"
    taken = client.send("POST", "/sites", site).status_code == 201
    assert taken == place.startswith("widget")


def test_they_are_spelled_like_everything_else(emulator, client, site):
    made = emulator.put_site("100", site)
    emulator.change_site(made, {"widget.size": 80, "widget.texts": {"a": 1, "b": ""}, "site.note": "", "site.x": [2]})

    def told(*names):
        emulator.set_personalities(names)
        site = client.send("GET", f"/sites/{made}").json()
        return site["widget"].get("size"), site["widget"].get("texts"), site["site"].get("note", "-"), site["site"]["x"]

    assert told() == (80, {"a": 1, "b": ""}, "", [2])
    assert told("numbers-as-strings") == ("80", {"a": "1", "b": ""}, "", ["2"])
    assert told("numbers-as-floats", "empty-as-null") == (80.0, {"a": 1.0, "b": None}, None, [2.0])
    assert told("empty-absent", "lists-as-objects") == (80, {"a": 1}, "-", {"0": 2})
    assert told("undocumented-fields") == (80, {"a": 1, "b": ""}, "", [2])
