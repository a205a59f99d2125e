"""What `doctor` says of an account, in every situation that it may be in; it only ever looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time
from typing import Any

import pytest
from answering import Answering, Fault, answering

from reconcile.emulator import PERSONALITIES, Emulator, Options
from reconcile.emulator.routes import POZVONIM, routes_of
from reconcile.providers.base import Check
from reconcile.providers.pozvonim.doctor import OF_A_CLIENT, undocumented_checks
from reconcile.providers.pozvonim.provider import Pozvonim

from .conftest import KEY, TOKEN, UID, Connect

MANAGERS = [{"phone": "+74951234567"}]
READS = {f"{route.method} {route.path}" for route in routes_of(POZVONIM) if route.method == "GET"}


def findings(provider: Pozvonim) -> dict[str, Check]:
    checks = provider.check()
    found = {check.subject: check for check in checks}
    assert len(found) == len(checks)
    return found


def levels(found: dict[str, Check], level: str) -> set[str]:
    return {subject for subject, check in found.items() if check.level == level}


# --- against the emulator ---------------------------------------------------------------------------------------------


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with Emulator(Options(accounts={UID: KEY}, database=tmp_path / "emulator.db")) as running:
        yield running


@pytest.fixture
def busy(emulator: Emulator) -> Emulator:
    """A studio with sites, a client, calls."""
    own = [emulator.put_site(UID, {"site": {"url": url}, "managers": MANAGERS}) for url in ("окна.рф", "b.ru", "c.ru")]
    client = emulator.put_client(UID, "owner@acme.ru", 5)
    theirs = emulator.put_site(UID, {"site": {"url": "acme.ru"}, "managers": MANAGERS}, client=client)
    for site in (own[0], theirs):
        emulator.put_call(UID, site, start=time() - 600, state="talked", duration=60)
    return emulator


def asked(emulator: Emulator) -> set[str]:
    """The methods that were used, as api.md writes them."""
    return {f"{r.method} {re.sub(r'/[0-9]+', '/:id', r.path)}" for r in emulator.requests()}


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("brief-lists",),
        ("numbers-as-strings", "ids-as-strings", "list-wrapped-data", "empty-as-null", "brief-lists", "brief-ids"),
        ("numbers-as-floats", "list-as-object", "empty-absent", "lists-as-objects", "flat-sites", "phones-trunk"),
        ("list-wrapped-sites", "sites-of-clients-too", "profile-with-key", "brief-lists", "ids-refused"),
        tuple(PERSONALITIES),
    ],
    ids=lambda names: names[0] if names else "plain",
)
def test_every_method_that_reads_is_tried_and_nothing_else(
    busy: Emulator, connect: Connect, names: tuple[str, ...]
) -> None:
    busy.set_personalities(names)

    found = findings(connect(busy.url))

    assert levels(found, "ok") == set(found)
    assert asked(busy) == READS
    assert {check.request for check in found.values()} - {""} >= READS
    secrets = (KEY, UID, "owner@acme.ru", "+7495")
    assert not any(secret in str(check) for check in found.values() for secret in secrets)


def test_what_there_is_nothing_to_try_on_is_skipped(emulator: Emulator, connect: Connect) -> None:
    found = findings(connect(emulator.url))

    skipped = {"one site", "one call", *(subject for subject, _ in OF_A_CLIENT), "one widget", "undocumented fields"}
    assert levels(found, "skip") == skipped
    assert levels(found, "ok") == set(found) - skipped
    assert found["one client"].message == "not tried: the account has no clients"
    assert found["one site"].message == "not tried: the account has no sites of its own"
    assert found["one call"].message == "not tried: there were no calls in the last 24 hours"
    assert asked(emulator) == {read for read in READS if ":id" not in read}


def test_a_studio_whose_sites_are_all_its_clients(emulator: Emulator, connect: Connect) -> None:
    client = emulator.put_client(UID, "owner@acme.ru")
    emulator.put_site(UID, {"site": {"url": "acme.ru"}, "managers": MANAGERS}, client=client)

    found = findings(connect(emulator.url))

    assert levels(found, "skip") == {"one site", "one call", "one call of a client"}
    assert found["one widget"].message.endswith(" of acme.ru")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "the list holds every site whole"),
        (("brief-lists",), "the list is brief; ids[] gives 50 sites a request"),
        (("brief-lists", "brief-ids"), "the list is brief and so is ids[]; one request a site"),
        (("brief-lists", "ids-refused"), "the list is brief and so is ids[]; one request a site"),
        (("brief-lists", "ids-ignored"), "the list is brief and so is ids[]; one request a site"),
    ],
)
def test_the_rung_of_the_ladder_is_said(busy: Emulator, connect: Connect, names: tuple[str, ...], said: str) -> None:
    busy.set_personalities(names)

    found = findings(connect(busy.url))

    if names:
        assert (found["sites"].message, found["sites by ids"].message) == ("3 sites", said)
    else:
        assert found["sites"].message == f"3 sites; {said}"


@pytest.mark.parametrize("names", [(), ("brief-lists",), ("flat-sites",)], ids=str)
def test_undocumented_fields_are_named_with_how_often_they_are_there(
    busy: Emulator, connect: Connect, names: tuple[str, ...]
) -> None:
    busy.set_personalities(names)
    assert findings(connect(busy.url))["undocumented fields"].message == "none in 4 sites"
    for site in (1, 2):
        busy.change_site(site, {"widget.size": 80, "widget.schelude.holidays": ["01-01"], "site.title": "Окна"})
    busy.change_site(1, {"widget.color": "red"})

    found = findings(connect(busy.url))

    at = "is where they can be declared"
    assert {subject: check.message for subject, check in found.items() if subject.startswith("undocumented")} == {
        "undocumented fields of site": f"title in 2 of 4 sites; `raw:` of a site {at}",
        "undocumented fields of widget": f"size in 2 of 4 sites; color in 1 of 4 sites; `raw:` of a widget {at}",
    }


def test_undocumented_fields_of_every_section(busy: Emulator, connect: Connect) -> None:
    busy.set_personalities(("undocumented-fields",))

    found = findings(connect(busy.url))

    assert found["undocumented fields of blacklists"].message.startswith("count, country, useragent in 4 of 4 sites; ")
    assert {f"undocumented fields of {section}" for section in ("site", "widget")} <= levels(found, "ok")


def test_one_site_is_not_several() -> None:
    (check,) = undocumented_checks({7: frozenset({"widget.size"})})
    assert check.message.startswith("size in 1 of 1 site; ")


# --- credentials and clocks -------------------------------------------------------------------------------------------


def test_without_a_token_nothing_else_is_tried(busy: Emulator, connect: Connect) -> None:
    found = findings(connect(busy.url, api_key="wrong-key"))

    assert [(check.subject, check.level) for check in found.values()] == [
        ("configuration", "ok"),
        ("credentials", "error"),
        ("clock", "ok"),
        ("everything else", "skip"),
    ]
    assert "check uid and api_key" in found["credentials"].message
    assert asked(busy) == {"GET /auth/token"}


@pytest.mark.parametrize(
    ("live", "level", "said"),
    [
        (KEY, "ok", "a token for its own `api_key`; the key of `profile:` is not in use yet"),
        ("another-key", "warning", "the service takes the API key of `profile:`, and the account's own no more"),
    ],
)
def test_which_of_two_keys_works_is_said(busy: Emulator, connect: Connect, live: str, level: str, said: str) -> None:
    busy.set_profile(UID, api_key=live)

    found = findings(connect(busy.url, next_key="another-key"))

    assert (found["credentials"].level, said in found["credentials"].message) == (level, True)
    assert levels(found, "error") == set()
    assert not any(key in str(check) for check in found.values() for key in (KEY, "another-key"))


def test_what_is_configured_is_said(busy: Emulator, connect: Connect) -> None:
    provider = connect(busy.url, encoding="json", update_method="PATCH")

    said = "json bodies, updates by PATCH, payments by POST /payments/contributors/:id; not tried"
    assert findings(provider)["configuration"].message.startswith(said)


@pytest.mark.parametrize(("offset", "said"), [(10800, "3 h 0 min ahead of"), (-7200, "2 h 0 min behind")])
def test_a_clock_that_is_off_is_a_warning(tmp_path: Path, connect: Connect, offset: int, said: str) -> None:
    with Emulator(Options(accounts={UID: KEY}, database=tmp_path / "e.db", clock_offset=offset)) as running:
        found = findings(connect(running.url))

    assert levels(found, "warning") == {"clock", "server time"}
    assert found["clock"].message == f"the service's clock is {said} this machine's"
    assert found["server time"].message.endswith(f", {said} this machine's clock")


# --- a service that fails in one place --------------------------------------------------------------------------------

SITE = {"id": 5, "site": {"url": "acme.ru"}, "managers": MANAGERS, "widget": {}, "blacklists": {}}
CLIENTS_SITE = SITE | {"id": 6, "site": {"url": "client.ru"}}
ANSWERS: dict[str, Any] = {
    "GET /profile": {"id": 1, "timezone": "Europe/Moscow", "balance": "10.00"},
    "GET /server/time/now": {"time": 0},  # when it is asked
    "GET /sites": [SITE],
    "GET /sites/5": SITE,
    "GET /calls": [{"id": 17}],
    "GET /calls/17": {"id": 17},
    "GET /contributors": [{"id": 7, "email": "owner@acme.ru"}],
    "GET /contributors/7": {"id": 7, "email": "owner@acme.ru"},
    "GET /contributors/7/sites": [CLIENTS_SITE],
    "GET /contributors/7/sites/6": CLIENTS_SITE,
    "GET /contributors/7/calls": [{"id": 18}],
    "GET /contributors/7/calls/18": {"id": 18},
    "GET /widget": [{"id": 9, "site_id": 5}, {"id": 10, "site_id": 6}],
    "GET /widget/9": {"id": 9, "call_time": 28},
    "GET /widget/10": {"id": 10, "call_time": 28},
}
OF_ITS_CLIENT = {subject for subject, _ in OF_A_CLIENT}
#: What fails with a method, and what can't be tried without it.
FAILING: dict[str, tuple[set[str], set[str]]] = {
    "GET /profile": ({"profile"}, set()),
    "GET /server/time/now": ({"server time"}, set()),
    "GET /sites": ({"sites"}, {"one site"}),
    "GET /sites/5": ({"one site"}, set()),
    "GET /calls": ({"calls"}, {"one call"}),
    "GET /calls/17": ({"one call"}, set()),
    "GET /contributors": ({"clients"}, OF_ITS_CLIENT),
    "GET /contributors/7": ({"one client"}, set()),
    "GET /contributors/7/sites": ({"sites of a client"}, {"one site of a client"}),
    "GET /contributors/7/sites/6": ({"one site of a client"}, set()),
    "GET /contributors/7/calls": ({"calls of a client"}, {"one call of a client"}),
    "GET /contributors/7/calls/18": ({"one call of a client"}, set()),
    "GET /widget": ({"widgets", "one widget"}, set()),
    "GET /widget/9": ({"one widget"}, set()),
}
ENVELOPE = b'{"error": {"code": "GEN-BAD", "http_code": 400, "message": "no"}}'


@pytest.fixture
def service() -> Iterator[Answering]:
    with answering() as running:
        running.answers |= ANSWERS | {"GET /server/time/now": {"time": int(time())}}
        yield running


FAULTS = {
    "500": Fault(500),
    "html": Fault(200),
    "refused": Fault(400, ENVELOPE),
    "null": Fault(200, b"null"),
    "nothing of it": Fault(200, b'{"ok": true}'),
    "reset": Fault(how="reset"),
}
#: A profile need not tell anything, and any settings may be those of a widget.
FINE = {("GET /profile", "nothing of it"), ("GET /widget/9", "nothing of it")}


@pytest.mark.parametrize(
    ("failing", "how"), [(failing, how) for failing in FAILING for how in FAULTS if (failing, how) not in FINE]
)
def test_one_failing_method_stops_no_other(service: Answering, connect: Connect, failing: str, how: str) -> None:
    wrong, untried = FAILING[failing]
    fault = FAULTS[how]
    service.answers[failing] = fault

    found = findings(connect(service.url))

    assert (levels(found, "error"), levels(found, "skip")) == (wrong, untried)
    assert levels(found, "ok") == set(found) - wrong - untried
    assert re.sub(r"/\d+", "/:id", failing) in {found[subject].request for subject in wrong}
    assert {request.method for request in service.asked} == {"GET"}
    assert not any(secret in str(check) for check in found.values() for secret in (KEY, UID, TOKEN))


@pytest.mark.parametrize("status", [401, 403, 404, 405])
@pytest.mark.parametrize("body", [b"", ENVELOPE])
def test_a_project_without_clients_needs_no_right_to_them(
    service: Answering, connect: Connect, status: int, body: bytes
) -> None:
    service.answers["GET /contributors"] = Fault(status, body)

    found = findings(connect(service.url))

    assert (levels(found, "warning"), levels(found, "error")) == ({"clients"}, set())
    assert levels(found, "skip") == OF_ITS_CLIENT
    assert found["clients"].message == (
        f"the account has no right to its clients (HTTP {status}); only projects that declare clients need it"
    )
    assert found["one widget"].level == "ok"


def test_a_site_that_is_only_in_the_list_is_an_error(service: Answering, connect: Connect) -> None:
    del service.answers["GET /sites/5"]

    found = findings(connect(service.url))

    assert levels(found, "error") == {"one site"}
    assert found["one site"].message == "site 5 is in the list of sites, but is not found by itself"


def test_a_site_that_plans_could_not_read_is_an_error(service: Answering, connect: Connect) -> None:
    service.answers["GET /sites"] = [SITE, {**SITE, "id": 6, "site": {}}]

    found = findings(connect(service.url))

    assert (found["sites"].level, found["sites"].message) == ("error", "site 6 has no url")


@pytest.mark.parametrize(
    ("profile", "level", "said"),
    [
        (
            {"timezone": "Asia/Vladivostok", "balance": "10000.00", "partner_balance": 1000},
            "ok",
            "time zone Asia/Vladivostok; balances: main 10000.00, partner 1000.00; the API is on",
        ),
        ({"data": {"timezone": "UTC+3", "api_enable": "1"}}, "ok", "zone UTC+03:00; balances: not told; the API is on"),
        ({}, "ok", "time zone Europe/Moscow, which is assumed, because none is told; balances: not told"),
        ({"timezone": "UTC", "api_enable": 0}, "warning", "the API is told to be off, although it answers"),
        ({"timezone": "Mars/Olympus"}, "error", "its time zone is none that is known"),
    ],
)
def test_profiles(service: Answering, connect: Connect, profile: Any, level: str, said: str) -> None:
    service.answers["GET /profile"] = profile | {"api_key": KEY, "token": TOKEN}

    found = findings(connect(service.url))

    assert (found["profile"].level, said in found["profile"].message) == (level, True)
    assert found["calls"].level == "ok"
    assert not any(secret in str(check) for check in found.values() for secret in (KEY, TOKEN))


def test_a_time_in_another_zone_than_the_profile_names_is_a_warning(service: Answering, connect: Connect) -> None:
    service.answers["GET /server/time/now"] = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
    service.answers["GET /profile"] = {"timezone": "UTC"}

    found = findings(connect(service.url))

    assert levels(found, "warning") == {"server time"}
    said = " UTC, 1 h 0 min behind this machine's clock; is the profile's time zone right?"
    assert found["server time"].message.endswith(said)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (1443808723, "2015-10-02 20:58:43 Europe/Moscow, "),
        ({"time": "1443808723"}, "2015-10-02 20:58:43 Europe/Moscow, "),
        ({"data": {"now": 1443808723.5}}, "2015-10-02 20:58:43 Europe/Moscow, "),
        ([{"timestamp": 1443808723}], "2015-10-02 20:58:43 Europe/Moscow, "),
        ({"date": "2015-10-02T17:58:43+00:00"}, "2015-10-02 20:58:43 Europe/Moscow, "),
        ("2015-10-02 17:58:43", "2015-10-02 17:58:43 Europe/Moscow, "),
        ("17:58", "17:58, in a time zone that the service does not name"),
    ],
)
def test_shapes_of_the_time(service: Answering, connect: Connect, raw: Any, said: str) -> None:
    service.answers["GET /server/time/now"] = raw
    found = findings(connect(service.url))["server time"]
    assert (found.level, found.message[: len(said)]) == ("ok" if raw == "17:58" else "warning", said)


@pytest.mark.parametrize("raw", [{}, [], True, {"time": ""}, {"time": [1, 2]}])
def test_times_that_are_none(service: Answering, connect: Connect, raw: Any) -> None:
    service.answers["GET /server/time/now"] = raw
    found = findings(connect(service.url))["server time"]
    assert (found.level, found.message) == ("error", "GET /server/time/now: the answer holds no time")
