"""The provider over real HTTP: against the emulator, and against a scripted service for what gets lost on the way."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from clockwork import Clockwork

from reconcile.emulator import PERSONALITIES, Emulator, Options
from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError, Rejected, ServiceError
from reconcile.model.address import Address
from reconcile.model.fields import site_kind
from reconcile.model.resource import Draft
from reconcile.providers.pozvonim.provider import Pozvonim

from .conftest import Connect, Say, Scripted, draft, refs, there

Desired = Callable[..., tuple[Any, ...]]
Full = Callable[..., dict[str, Any]]
KIND = site_kind()
MANAGER = {"phone": "+74951234567"}


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with Emulator(Options(accounts={"u": "key-of-u"}, database=tmp_path / "emulator.db")) as running:
        yield running


@pytest.fixture
def account(emulator: Emulator, connect: Connect) -> Pozvonim:
    return connect(emulator.url, uid="u", api_key="key-of-u")


def put(emulator: Emulator, count: int) -> list[int]:
    return [emulator.put_site("u", {"site": {"url": f"site{n}.ru"}, "managers": [MANAGER]}) for n in range(count)]


def paths(emulator: Emulator) -> Counter[str]:
    return Counter(f"{r.method} {r.path}" for r in emulator.requests())


# --- the whole life of a site, however the service speaks -------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["form", "json"])
@pytest.mark.parametrize(
    "names",
    [(), *((name,) for name in PERSONALITIES), tuple(PERSONALITIES)],
    ids=lambda x: x[0] if len(x) == 1 else "all" if x else "none",
)
def test_life_of_a_site(
    emulator: Emulator, connect: Connect, desired: Desired, encoding: str, names: tuple[str, ...]
) -> None:
    emulator.set_personalities(names)
    account = connect(emulator.url, uid="u", api_key="key-of-u", encoding=encoding)
    wanted = desired(report_email="a@b.ru", blacklists__ip=("1.2.3.4", "5.6.7.8"), widget__call_time=40)
    created = account.create(draft("acme.ru", wanted), ())
    (live,) = account.read({"site"}).sites
    assert (live.id, str(live.address)) == (created, "studio/site/acme.ru")
    changes = {"report_email": "", "blacklists.ip": (), "widget.schedule.monday.from": "10:30"}
    account.update(live, desired(**{path.replace(".", "__"): new for path, new in changes.items()}))
    after = account.read_some(refs([created, 999]))
    assert list(after) == [created]
    differences = {f.path: b for f, a, b in zip(KIND.fields, live.values, after[created].values, strict=True) if a != b}
    assert differences == changes
    account.delete(there(created))
    account.delete(there(created))
    assert account.read({"site"}).sites == ()


# --- the ladder -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "to_read", "to_read_some"),
    [
        ((), {"GET /sites": 1}, {"GET /sites": 3}),
        (("ids-ignored",), {"GET /sites": 1}, {"GET /sites": 1}),
        (("ids-refused",), {"GET /sites": 1}, {"GET /sites": 2}),
        (("brief-lists", "ids-refused"), {"GET /sites": 2, "GET /sites/*": 120}, {"GET /sites/*": 110}),
        (("brief-lists",), {"GET /sites": 1 + 3}, {"GET /sites": 3}),
        (("brief-lists", "brief-ids"), {"GET /sites": 2, "GET /sites/*": 120}, {"GET /sites/*": 110}),
        (("brief-lists", "ids-ignored"), {"GET /sites": 2, "GET /sites/*": 120}, {"GET /sites/*": 110}),
    ],
    ids=lambda x: "+".join(x) or "full" if isinstance(x, tuple) else "",
)
def test_ladder(
    emulator: Emulator,
    account: Pozvonim,
    names: tuple[str, ...],
    to_read: dict[str, int],
    to_read_some: dict[str, int],
) -> None:
    ids = put(emulator, 120)
    emulator.set_personalities(names)

    def asked() -> dict[str, int]:
        counted = Counter(
            f"{r.method} /sites{'/*' * (r.path != '/sites')}" for r in emulator.requests() if "auth" not in r.path
        )
        emulator.clear_requests()
        return dict(counted)

    whole = account.read({"site"}).sites
    assert [live.id for live in whole] == ids
    assert asked() == to_read
    assert account.read_some(refs(ids[:110])) == {live.id: live for live in whole[:110]}
    assert asked() == to_read_some


@pytest.mark.parametrize(
    ("names", "rung"),
    [
        ((), "the list holds every site whole"),
        (("brief-lists",), "the list is brief; ids[] gives 50 sites a request"),
        (("brief-lists", "ids-refused"), "the list is brief and so is ids[]; one request a site"),
    ],
)
def test_a_read_is_logged(
    emulator: Emulator, connect: Connect, caplog: pytest.LogCaptureFixture, names: tuple[str, ...], rung: str
) -> None:
    put(emulator, 3)
    emulator.set_personalities(names)
    caplog.set_level(logging.INFO, logger="reconcile")
    clock = iter(x / 4 for x in range(1000)).__next__
    connect(emulator.url, uid="u", api_key="key-of-u", clock=clock).read({"site"})
    assert [re.sub(r"\d+\.\d s", "N s", message) for message in caplog.messages] == [
        f"read account studio: 3 sites in N s; {rung}"
    ]


def test_writes_are_logged_with_the_address_of_the_site(
    service: Scripted, connect: Connect, desired: Desired, full: Full, caplog: pytest.LogCaptureFixture
) -> None:
    provider = connect(service.url, parallelism=1)
    service.script = [Say(201, {"id": 5}), Say(body=[full(5)]), Say(), Say(), Say()]
    caplog.set_level(logging.DEBUG, logger="reconcile.http")
    provider.create(draft("acme.ru", desired()), ())
    (live,) = provider.read({"site"}).sites
    provider.update(live, desired())
    provider.delete(there(live.id))
    provider.delete(there(6))
    assert [re.sub(r"\d+ ms", "N ms", record.message) for record in caplog.records if record.levelname == "DEBUG"] == [
        "GET /auth/token 200 N ms attempt 1",
        "POST /sites acme.ru 201 N ms attempt 1",
        "GET /sites 200 N ms attempt 1",
        "PUT /sites/5 acme.ru 200 N ms attempt 1",
        "DELETE /sites/5 acme.ru 200 N ms attempt 1",
        "DELETE /sites/6 acme.ru 200 N ms attempt 1",
    ]


def test_one_site_is_one_request(emulator: Emulator, account: Pozvonim) -> None:
    ids = put(emulator, 3)
    assert list(account.read_some(refs([ids[1]]))) == [ids[1]]
    assert paths(emulator) == {"GET /auth/token": 1, f"GET /sites/{ids[1]}": 1}


def test_sites_that_are_gone_are_missing(emulator: Emulator, account: Pozvonim) -> None:
    ids = put(emulator, 4)
    emulator.drop_site(ids[2])
    assert sorted(account.read_some(refs(ids))) == [ids[0], ids[1], ids[3]]


BRIEF = [{"id": 1, "url": "a.ru"}, {"id": 2, "url": "b.ru"}]
NOT_FOUND = Say(404, {"error": {"code": "GEN-NOT-FOUND", "http_code": 404, "message": "no"}})


def test_a_site_deleted_while_reading(service: Scripted, connect: Connect, full: Full) -> None:
    service.script = [Say(body=BRIEF), Say(body=BRIEF), Say(body=full(1, "a.ru")), NOT_FOUND, Say(body=BRIEF[:1])]
    assert [live.id for live in connect(service.url, parallelism=1).read({"site"}).sites] == [1]
    assert service.seen[2:] == ["GET /v2u/sites/1", "GET /v2u/sites/2", "GET /v2u/sites"]


def test_a_site_that_is_listed_but_not_found(service: Scripted, connect: Connect, full: Full) -> None:
    service.script = [Say(body=BRIEF), Say(body=BRIEF), Say(body=full(1, "a.ru")), NOT_FOUND, Say(body=BRIEF)]
    with pytest.raises(BadAnswer, match="site 2 is in the list of sites, but is not found"):
        connect(service.url, parallelism=1).read({"site"})


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ([{"id": 1, "url": "a.ru"}, {"id": "1", "url": "b.ru"}], "site 1 is in the list of sites twice"),
        ([{"url": "a.ru"}], "no usable id"),
        ({"data": BRIEF, "total": 40}, "only 2 of 40"),
        ({"sites": None}, "expected a list"),
    ],
)
def test_lists_that_can_not_be_trusted(service: Scripted, connect: Connect, listed: Any, said: str) -> None:
    service.usual = Say(body=listed)
    with pytest.raises(BadAnswer, match=said):
        connect(service.url).read({"site"})


def test_the_wrong_site_is_no_answer(service: Scripted, connect: Connect, full: Full) -> None:
    service.usual = Say(body=full(2))
    with pytest.raises(BadAnswer, match="GET /sites/1: the answer is not this site"):
        connect(service.url).read_some(refs([1]))


def test_one_failure_fails_the_read(service: Scripted, connect: Connect, full: Full) -> None:
    service.script = [Say(body=BRIEF), Say(body=[full(1), BRIEF[1]]), Say(400, {"error": {"message": "no"}})]
    with pytest.raises(ServiceError, match="GET /sites/2: no"):
        connect(service.url).read({"site"})


# --- creating exactly once --------------------------------------------------------------------------------------------

LOST = [Say(reset=True), Say(504, b"<html>"), Say(500, {"error": {"message": "oops"}}), Say(201, b'{"id": 5', cut=True)]


@pytest.mark.parametrize("lost", [*LOST, Say(201), Say(201, {"ok": 1}), Say(200, b"<html>")], ids=str)
def test_a_lost_answer_is_looked_up(
    service: Scripted, connect: Connect, desired: Desired, full: Full, lost: Say
) -> None:
    listed = [full(3), {"id": 9, "url": "http://ACME.ru/"}, full(7, "other.ru")]
    service.script = [lost, Say(body=listed)]
    assert connect(service.url).create(draft("acme.ru", desired()), known=[3, 7]) == 9
    assert service.seen == ["POST /v2u/sites", "GET /v2u/sites"]


@pytest.mark.parametrize("answer", [{"id": 7}, {"id": 8, "site": {"url": "other.ru"}}], ids=str)
def test_an_answer_about_another_site_is_not_believed(
    service: Scripted, connect: Connect, desired: Desired, full: Full, answer: Any
) -> None:
    service.script = [Say(201, answer), Say(body=[full(9), full(7, "other.ru")])]
    assert connect(service.url).create(draft("acme.ru", desired()), known=[3, 7]) == 9
    assert service.seen == ["POST /v2u/sites", "GET /v2u/sites"]


def test_an_answer_about_another_client_puts_no_sites_under_that_one(service: Scripted, connect: Connect) -> None:
    listed = [{"id": 300, "email": "other@x.ru"}, {"id": 301, "email": "anna@x.ru"}]
    client = Draft(Address("studio", "client", "anna"), ("anna@x.ru", "password"))
    for answer in ({"id": 300}, {"id": 302, "email": "other@x.ru"}):
        service.script = [Say(201, answer), Say(body=listed)]
        assert connect(service.url).create(client, known=[300]) == 301


@pytest.mark.parametrize("lost", LOST, ids=str)
def test_what_did_not_happen_is_sent_again(service: Scripted, connect: Connect, desired: Desired, lost: Say) -> None:
    service.script = [lost, Say(body=[]), Say(201, {"data": {"id": "6"}})]
    pauses: list[float] = []
    assert connect(service.url, list_lag=0, pauses=pauses).create(draft("acme.ru", desired()), ()) == 6
    assert service.seen == ["POST /v2u/sites", "GET /v2u/sites", "POST /v2u/sites"]
    assert pauses == [0.5]


def test_a_create_is_sent_three_times_at_most(service: Scripted, connect: Connect, desired: Desired) -> None:
    service.script = [Say(504, b"<html>"), Say(body=[])] * 3
    with pytest.raises(ConnectionFailed, match=r"unknown: POST /sites: HTTP 504.*run plan again"):
        connect(service.url, list_lag=0).create(draft("acme.ru", desired()), ())
    assert Counter(service.seen) == {"POST /v2u/sites": 3, "GET /v2u/sites": 3}


def test_an_accepted_create_is_never_sent_again(service: Scripted, connect: Connect, desired: Desired) -> None:
    service.script = [Say(202)]
    with pytest.raises(ConnectionFailed, match=r"whether acme\.ru was created is unknown.*run plan again"):
        connect(service.url, list_lag=0).create(draft("acme.ru", desired()), ())
    assert service.seen == ["POST /v2u/sites", "GET /v2u/sites"]


def test_an_impossible_look_up_is_unknown(service: Scripted, connect: Connect, desired: Desired) -> None:
    service.script = [Say(reset=True)] + [Say(400, b"<html>")] * 5
    with pytest.raises(ConnectionFailed, match=r"unknown: .*looking for it failed, too") as caught:
        connect(service.url).create(draft("acme.ru", desired()), ())
    assert caught.value.sent


def test_a_refused_create_is_not_repeated(service: Scripted, connect: Connect, desired: Desired) -> None:
    service.script = [Say(400, {"error": {"message": "phone is wrong"}})]
    with pytest.raises(ServiceError, match="phone is wrong"):
        connect(service.url).create(draft("acme.ru", desired()), ())
    assert len(service.seen) == 1


def test_too_many_requests_made_nothing(service: Scripted, connect: Connect, desired: Desired) -> None:
    service.script = [Say(429, b"slow"), Say(201, {"id": 5})]
    assert connect(service.url).create(draft("acme.ru", desired()), ()) == 5


def test_without_a_token_nothing_was_sent(service: Scripted, connect: Connect, desired: Desired) -> None:
    service.token = Say(reset=True)
    with pytest.raises(ConnectionFailed) as caught:
        connect(service.url).create(draft("acme.ru", desired()), ())
    assert (caught.value.sent, service.seen) == (False, [])


def test_a_site_without_managers_is_refused_here(service: Scripted, connect: Connect, desired: Desired) -> None:
    with pytest.raises(ProviderError, match=r"studio/site/acme\.ru: the service requires at least one manager"):
        connect(service.url).create(draft("acme.ru", desired(managers=())), ())


# --- lists that lag ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", LOST, ids=str)
@pytest.mark.parametrize("late", [1, 3])
def test_a_site_that_lists_show_late_is_not_created_twice(
    service: Scripted, connect: Connect, desired: Desired, full: Full, lost: Say, late: int
) -> None:
    service.script = [lost, *[Say(body=[])] * late, Say(body=[full(9)])]
    assert connect(service.url).create(draft("acme.ru", desired()), ()) == 9
    assert service.seen == ["POST /v2u/sites"] + ["GET /v2u/sites"] * (late + 1)


@pytest.mark.parametrize("lag", [4.0, 10.0])
def test_it_is_sent_again_only_after_the_lag(service: Scripted, connect: Connect, desired: Desired, lag: float) -> None:
    clock = Clockwork()
    sent: list[float] = []
    inner = service.answer

    def answer(method: str, path: str) -> Say:
        if method == "POST":
            sent.append(clock.clock())
            return Say(reset=True) if len(sent) == 1 else Say(201, {"id": 6})
        return inner(method, path)

    service.answer = answer  # type: ignore[method-assign]
    account = connect(service.url, list_lag=lag, clock=clock.clock, wait=clock.wait)
    assert account.create(draft("acme.ru", desired()), ()) == 6
    assert lag <= sent[1] - sent[0] < lag + 2
    assert clock.pauses[:4] == [0.5, 0.5, 1, 2]  # looks are far between, the longer the more
    assert len(service.seen) >= 4


def test_the_site_of_a_half_done_client_may_be_shown_late(
    service: Scripted, connect: Connect, desired: Desired
) -> None:
    """Call 20 lost its answer: the client is there, and its site, which its list does not show yet."""
    client = Draft(Address("studio", "client", "acme"), ("o@acme.ru", "password"), site=draft("acme.ru", desired()))
    theirs = {"id": 5, "site": {"url": "acme.ru"}}
    there = Say(body=[{"id": 7, "email": "o@acme.ru"}])
    service.script = [Say(reset=True), Say(body=[]), there, Say(body=[]), Say(body=[]), Say(body=[theirs])]
    assert connect(service.url).create(client, ()) == 7
    looks = ["GET /v2u/contributors"] * 2 + ["GET /v2u/contributors/7/sites"] * 3
    assert service.seen == ["POST /v2u/contributors/sites", *looks]


def test_a_run_that_is_stopped_sends_nothing_twice(service: Scripted, connect: Connect, desired: Desired) -> None:
    service.script = [Say(reset=True)]
    account = connect(service.url)
    account._client.tokens.current()
    account.stop()
    with pytest.raises(ConnectionFailed, match=r"unknown: .*the run was over before that could be told") as caught:
        account.create(draft("acme.ru", desired()), ())
    assert caught.value.sent
    assert service.seen == ["POST /v2u/sites", "GET /v2u/sites"]


# --- changing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH"])
def test_updates_are_repeated_whatever_their_verb(
    service: Scripted, connect: Connect, desired: Desired, full: Full, method: str
) -> None:
    provider = connect(service.url, update_method=method)
    service.script = [Say(body=full(5)), Say(reset=True), Say(502, b""), Say(204)]
    provider.update(provider.read_some(refs([5]))[5], desired())
    assert service.seen[1:] == [f"{method} /v2u/sites/5"] * 3


REFUSED = [Say(403, {"error": {"code": "ACCESS", "message": "no"}}), Say(422, {"error": {"message": "no"}})]


@pytest.mark.parametrize("refused", REFUSED, ids=str)
def test_a_refusal_says_nothing_of_a_try_before_whose_answer_was_lost(
    service: Scripted, connect: Connect, desired: Desired, full: Full, refused: Say
) -> None:
    """Whoever takes the run back later must know that the site may have changed."""
    provider = connect(service.url)
    service.script, service.usual = [Say(body=full(5)), refused], refused
    live = provider.read_some(refs([5]))[5]
    for change in (lambda: provider.update(live, desired()), lambda: provider.delete(live)):
        with pytest.raises(ServiceError, match=r"no \("):
            change()
        service.script = [Say(reset=True)]
        with pytest.raises(ConnectionFailed, match="may have been done") as caught:
            change()
        assert caught.value.sent
        assert "nothing was done" not in str(caught.value)


def test_neither_does_a_token_that_can_not_be_renewed(service: Scripted, connect: Connect) -> None:
    provider = connect(service.url)
    provider.read({"site"})
    service.token, service.script = Say(502, b"<html>"), [Say(reset=True), REFUSED[0]]
    with pytest.raises(ConnectionFailed, match=r"GET /auth/token.*may have been done") as caught:
        provider.delete(there(5))
    assert caught.value.sent


def test_a_change_that_always_ends_in_an_error_of_the_server_may_be_done(service: Scripted, connect: Connect) -> None:
    service.usual = Say(500, {"error": {"code": "GEN-SERVER-ERROR", "message": "oops"}})
    with pytest.raises(ConnectionFailed, match=r"oops.*may have been done"):
        connect(service.url).delete(there(5))
    assert service.seen == ["DELETE /v2u/sites/5"] * 5


def test_a_delete_whose_answer_was_lost(service: Scripted, connect: Connect) -> None:
    service.script = [Say(reset=True), NOT_FOUND]
    connect(service.url).delete(there(5))
    assert service.seen == ["DELETE /v2u/sites/5"] * 2


def test_a_page_that_is_not_found_is_not_a_site_that_is_gone(service: Scripted, connect: Connect) -> None:
    service.usual = Say(404, b"<html>nginx</html>")
    with pytest.raises(BadAnswer, match="404"):
        connect(service.url).delete(there(5))


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_an_expired_token_is_renewed_once_for_all_threads(emulator: Emulator, account: Pozvonim) -> None:
    put(emulator, 40)
    emulator.set_personalities(("brief-lists", "brief-ids"))
    account.read({"site"})
    emulator.expire_tokens()
    emulator.clear_requests()
    assert len(account.read({"site"}).sites) == 40
    emulator.expire_tokens()
    assert len(account.read_some(refs([live["id"] for live in emulator.sites("u")]))) == 40
    assert paths(emulator)["GET /auth/token"] == 2


def test_a_wrong_key(emulator: Emulator, connect: Connect) -> None:
    with pytest.raises(Rejected, match="the service refuses the credentials of account studio"):
        connect(emulator.url, uid="u", api_key="wrong-key").read({"site"})


# --- tokens that wear out ---------------------------------------------------------------------------------------------


class Fleeting:
    """A service whose tokens are good for a few requests each; notes how many it gave."""

    def __init__(self, uses: int) -> None:
        self.uses, self.left, self.given, self.served = uses, 0, 0, 0
        self.lock = threading.Lock()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with service.lock:
                    status, body = service.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Tests print nothing."""

        return Handler

    def answer(self, path: str) -> tuple[int, bytes]:
        if "/auth/token" in path:
            self.given, self.left = self.given + 1, self.uses
            return 200, json.dumps({"token": f"t{self.given}"}).encode()
        if not self.left:
            return 403, b'{"error": {"code": "AUTH-TOKEN-EXPIRED", "http_code": 403, "message": "expired"}}'
        self.left, self.served = self.left - 1, self.served + 1
        return 200, b"[]"


@pytest.mark.parametrize(("uses", "works"), [(5, True), (0, False)])
def test_tokens_that_wear_out_are_replaced_as_often_as_they_have_worked(
    connect: Connect, uses: int, works: bool
) -> None:
    fleeting = Fleeting(uses)
    with ThreadingHTTPServer(("127.0.0.1", 0), fleeting.handler()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        account = connect(f"http://127.0.0.1:{server.server_port}/v2u")
        if works:
            assert [account.read({"site"}).sites for _ in range(23)] == [()] * 23
            assert (fleeting.served, fleeting.given) == (23, 5)
        else:
            with pytest.raises(Rejected, match="check uid and api_key"):
                account.read({"site"})
            assert fleeting.given == 2
        server.shutdown()
        thread.join()
