"""The service's shapes and spellings, and what is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconcile.errors import BadAnswer
from reconcile.model.fields import MOST_KNOWN, site_kind
from reconcile.model.normalize import Spelled
from reconcile.providers.pozvonim.codec import (
    SiteCodec,
    identity,
    is_brief,
    list_items,
    unwrapped,
)

Desired = Callable[..., tuple[Any, ...]]
KIND = site_kind()
CODEC = SiteCodec(KIND)
MANAGER = {"phone": "+74951234567"}


def site(**sections: Any) -> dict[str, Any]:
    return {"id": 5, "site": {"url": "acme.ru"}, "managers": [MANAGER], "widget": {}, "blacklists": {}} | sections


def value(raw: Any, path: str) -> Any:
    return CODEC.decode("studio", raw).values[KIND.index(path)]


# --- lists ------------------------------------------------------------------------------------------------------------

ITEMS = [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize(
    "raw",
    [
        ITEMS,
        *({key: ITEMS} for key in ("data", "items", "sites", "widgets", "calls", "contributors")),
        {"data": {"sites": ITEMS}},
        {"0": ITEMS[0], "1": ITEMS[1]},
        {"sites": {"17": ITEMS[0], "18": ITEMS[1]}, "total": "2"},
        {"data": ITEMS, "meta": {"total": 2}, "count": None},
    ],
)
def test_lists(raw: Any) -> None:
    assert list_items(raw, "sites") == ITEMS


@pytest.mark.parametrize("raw", [[], {}, {"data": []}, {"data": {}}, {"sites": [], "total": 0}])
def test_empty_lists(raw: Any) -> None:
    assert list_items(raw, "sites") == []


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (None, "expected a list of objects, got null"),
        ("", "got a text"),
        (7, "got a number"),
        ([1], "got a list of other things"),
        ({"ok": 1}, "got an object without data or items or sites"),
        ({"data": None}, "got an object"),
        ({"0": 1}, "list of objects"),
        ({"data": ITEMS, "total": 3}, "only 2 of 3"),
        ({"data": ITEMS, "pagination": {"total_count": "30"}}, "only 2 of 30"),
        ({"count": 9, "data": {"sites": ITEMS}}, "only 2 of 9"),
    ],
)
def test_lists_that_are_none(raw: Any, said: str) -> None:
    with pytest.raises(BadAnswer, match=said):
        list_items(raw, "sites")


# --- sites ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        site(),
        site(id="5"),
        site(id=5.0),
        {"data": site()},
        [site()],
        {"data": [site()]},
        {"0": site()},
        {"id": 5, "url": "http://Acme.ru/", "managers": {"0": MANAGER}, "widget": [], "blacklists": []},
        site(widget=None, blacklists=None, undocumented={"a": [1]}),
    ],
)
def test_shapes_of_a_site(raw: Any) -> None:
    live = CODEC.decode("studio", raw)
    assert (str(live.address), live.id) == ("studio/site/acme.ru", 5)
    assert live.values[KIND.index("managers")] == (("+74951234567", "", ""),)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (None, "expected an object"),
        ([site(), site()], "expected an object"),
        (site(id=None), "no usable id"),
        (site(id=True), "no usable id"),
        (site(id="five"), "no usable id"),
        (site(site={}), "site 5 has no url"),
        (site(site={"url": 7}), "site 5 has no url"),
        ({"id": 5, "site": {"url": "acme.ru"}}, "site 5 came without its managers, widget, blacklists"),
    ],
)
def test_sites_that_are_none(raw: Any, said: str) -> None:
    with pytest.raises(BadAnswer, match=said):
        CODEC.decode("studio", raw)


def test_a_site_whose_url_makes_no_sense_is_still_seen() -> None:
    assert identity(site(site={"url": " LocalHost "})) == (5, "localhost")


def test_deep_nesting_is_a_bad_answer() -> None:
    deep: Any = "x"
    for _ in range(1000):
        deep = [deep]
    with pytest.raises(BadAnswer, match="too deeply"):
        CODEC.decode("studio", site(widget={"timezone": deep}))


@pytest.mark.parametrize("section", ["managers", "widget", "blacklists"])
def test_brief(section: str) -> None:
    assert not is_brief(site())
    assert is_brief(site(**{section: None}))


def test_an_object_that_has_an_id_is_not_unwrapped() -> None:
    assert unwrapped({"id": 1, "data": {"id": 2}})["id"] == 1


@pytest.mark.parametrize(
    ("raw", "path", "expected"),
    [
        (site(widget={"call_time": "28"}), "widget.call_time", 28),
        (site(widget={"call_time": 28.0}), "widget.call_time", 28),
        (site(widget={"schelude": {"monday": {"from": "09:00"}}}), "widget.schedule.monday.from", 9),
        (site(widget={"schelude": []}), "widget.schedule.monday.from", None),
        (site(widget={"algoritms": {"onexit": {"enable": "1"}}}), "widget.algorithms.onexit.enable", True),
        (site(blacklists={"ip": "1.2.3.4\r\n 1.2.3.3 \n"}), "blacklists.ip", ("1.2.3.3", "1.2.3.4")),
        (site(blacklists={"ip": ["1.2.3.4"]}), "blacklists.ip", ("1.2.3.4",)),
        (site(managers={"1": {"phone": "2"}, "0": MANAGER}), "managers", (("+74951234567", "", ""), ("2", "", ""))),
        (site(widget={"call_time": "soon"}), "widget.call_time", "soon"),
    ],
)
def test_spellings(raw: Any, path: str, expected: Any) -> None:
    assert value(raw, path) == expected


# --- sending ----------------------------------------------------------------------------------------------------------


def test_create_sends_defaults_and_all_sections(desired: Desired) -> None:
    sent = CODEC.encode_create(desired(url=Spelled("acme.ru", "http://Acme.ru/"), widget__call_time=35))
    assert list(sent) == ["site", "managers", "widget", "blacklists"]
    assert sent["site"]["url"] == "http://Acme.ru/"
    assert sent["site"]["report_period"] == 86400
    assert "report_email" not in sent["site"]
    assert sent["managers"] == [{"phone": "+74951234567", "name": "Anna"}]
    assert (sent["widget"]["call_time"], sent["widget"]["mobile_enable"]) == (35, 1)
    assert sent["widget"]["schelude"]["sunday"] == {"from": 9, "to": 18, "enable": 1}
    assert sent["blacklists"] == {"ip": "", "url": "", "phone": "", "referer": ""}


def test_a_desired_blank_is_sent(desired: Desired) -> None:
    sent = CODEC.encode_create(desired(url="acme.ru", report_email="", notification_notify=(), blacklists__ip=()))
    assert (sent["site"]["report_email"], sent["site"]["notification_notify"]) == ("", "")
    assert sent["blacklists"] == {"ip": ""}


def test_update_sends_live_values_below(desired: Desired) -> None:
    widget = {"call_time": 40, "schelude": {"monday": {"from": 10}}, "period": "odd", "undocumented": 1}
    live = CODEC.decode("studio", site(widget=widget, blacklists={"url": "/b\n/a"}))
    sent = CODEC.encode_update(live, desired(widget__button=3))
    assert sent["site"] == {
        "url": "acme.ru",
        "manager_rule": 0,
        "manager_region_enable": 0,
        "auto_payment": 0,
        "phone_for_client": 0,
        "phone_for_manager": 0,
    }
    assert (sent["widget"]["call_time"], sent["widget"]["button"], sent["widget"]["period"]) == (40, 3, "odd")
    assert sent["widget"]["schelude"] == {"monday": {"from": 10, "to": 18, "enable": 1}}
    assert "undocumented" not in sent["widget"]
    assert sent["blacklists"] == {"url": "/a\n/b"}


def test_managers_that_could_not_be_read_go_back_as_they_are(desired: Desired) -> None:
    live = CODEC.decode("studio", site(managers="+74951234567"))
    assert CODEC.encode_update(live, KIND.blank())["managers"] == "+74951234567"


@pytest.mark.parametrize("managers", [(), (("", "", ""),)])
def test_a_site_needs_a_manager(desired: Desired, managers: Any) -> None:
    with pytest.raises(ValueError, match="at least one manager"):
        CODEC.encode_create(desired(managers=managers))


WRAPPED = {"url": "acme.ru", "report_period": 60}
PARTS = {"managers": [{"phone": "+74951234567"}], "widget": {"call_time": 35}, "blacklists": {}}


@pytest.mark.parametrize(
    "raw",
    [
        {"site": {"id": 5, "site": WRAPPED, **PARTS}},
        {"site": {"id": 5, **WRAPPED, **PARTS}},
        {"site": {"id": 5, **WRAPPED}, **PARTS},
        {"id": 5, "site": {**WRAPPED, **PARTS}},
        {"id": 5, "site": {"id": 5, "site": WRAPPED, **PARTS}},
        {"data": {"site": {"id": 5, "site": WRAPPED, **PARTS}}},
        [{"site": {"id": 5, "site": WRAPPED, **PARTS}}],
    ],
)
def test_a_single_site_is_read_however_it_is_wrapped(raw: Any) -> None:
    live = CODEC.decode("studio", raw)
    found = {path: live.values[KIND.index(path)] for path in ("url", "report_period", "widget.call_time")}
    assert (live.id, live.address.name) == (5, "acme.ru")
    assert found == {"url": "acme.ru", "report_period": 60, "widget.call_time": 35}
    assert CODEC.undocumented(raw) == set()


def test_an_account_of_which_every_site_differs_is_read_right_and_not_remembered_whole() -> None:
    codec = SiteCodec(KIND)

    read = [codec.decode("studio", site(widget={"period": n})).values for n in (*range(MOST_KNOWN + 1), 0, MOST_KNOWN)]

    assert [values[KIND.index("widget.period")] for values in read] == [*range(MOST_KNOWN + 1), 0, MOST_KNOWN]
    assert len(codec.known) <= MOST_KNOWN
    assert len(codec.same) <= MOST_KNOWN
    assert read[0] == read[-2]
