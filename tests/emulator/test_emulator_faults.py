"""Every fault does what its description says: to what the client sees on its socket, and to what is stored."""

from __future__ import annotations

import copy
import json
import logging
import re
import socket
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from by_hand import KEY, SITE, UID, Client, Clock, form
from hypothesis import given, settings
from hypothesis import strategies as st

from reconcile.emulator import FAULTS, PERSONALITIES, Emulator, Fault, Moment, Options, Phase
from reconcile.emulator.faults import Stage

ALWAYS = {name: Fault(name, 1) for name in FAULTS}


@dataclass
class Heard:
    """What came over a connection until its end."""

    status: int
    headers: dict[str, str]
    body: bytes
    reset: bool = False


def hear(client: Client, method: str, path: str, params: dict[str, Any] | None = None) -> Heard:
    """Sends a signed request over a socket of its own, and takes every byte of what comes back."""
    body = form(client.signed(params or {}))
    target = urlsplit(client.url)
    path = target.path + path
    if method in ("GET", "DELETE"):
        path, body = f"{path}?{body}", ""
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {target.netloc}",
        "Connection: close",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    said = b""
    with socket.create_connection((target.hostname, target.port), timeout=10) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        try:
            while part := connection.recv(65536):
                said += part
        except ConnectionResetError:
            return Heard(0, {}, said, reset=True)
    head, _, content = said.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    return Heard(int(first.split()[1]), dict(line.split(": ", 1) for line in rest), content)


def is_whole(heard: Heard) -> bool:
    return len(heard.body) == int(heard.headers["Content-Length"])


def is_page(heard: Heard) -> bool:
    return heard.headers["Content-Type"].startswith("text/html") and b"<html>" in heard.body and is_whole(heard)


def is_error(heard: Heard) -> bool:
    return json.loads(heard.body)["error"]["http_code"] == heard.status and is_whole(heard)


def parses(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


#: What a client hears of a create, and whether the site is there then.
HEARD = {
    "reset-before": (lambda h: h.reset and not h.body, False),
    "reset-after": (lambda h: h.reset and not h.body, True),
    "cut": (lambda h: h.status == 201 and len(h.body) == int(h.headers["Content-Length"]) // 2, True),
    "502-before": (lambda h: h.status == 502 and is_page(h), False),
    "502-after": (lambda h: h.status == 502 and is_page(h), True),
    "503-before": (lambda h: h.status == 503 and is_error(h), False),
    "503-after": (lambda h: h.status == 503 and is_error(h), True),
    "429": (lambda h: h.status == 429 and is_error(h) and "Retry-After" not in h.headers, False),
    "429-retry-after": (lambda h: h.status == 429 and is_error(h) and h.headers["Retry-After"] == "1", False),
    "html": (lambda h: h.status == 200 and is_page(h), True),
    "truncated-json": (
        lambda h: h.status == 201 and is_whole(h) and "json" in h.headers["Content-Type"] and not parses(h.body),
        True,
    ),
    "slow": (lambda h: h.status == 201 and parses(h.body), True),
    "token-expired": (lambda h: h.status == 403 and b"AUTH-TOKEN-EXPIRED" in h.body, False),
    "ip-changed": (lambda h: h.status == 403 and b"AUTH-TOKEN-IP" in h.body, False),
    "lagging-list": (lambda h: h.status == 201 and parses(h.body), True),
}
#: These strike where sites are read.
OF_READS = {"site-changed", "site-deleted", "duplicate-site"}
#: The service's answer comes, but its work is not done.
REFUSED = {"token-expired", "ip-changed"}


def code(answer: requests.Response) -> str:
    return str(answer.json()["error"]["code"])


def test_every_fault_is_tested():
    assert set(HEARD) | OF_READS == set(FAULTS)
    assert all(kind.description and kind.name == name for name, kind in FAULTS.items())


@pytest.mark.parametrize("name", HEARD)
def test_what_a_client_hears_and_what_is_done(emulator, client, site, name):
    client.authenticate()
    emulator.set_faults([Fault(name, 1, seconds=0.05 if name == "slow" else None)])
    heard, done = HEARD[name]

    assert heard(hear(client, "POST", "/sites", site))
    assert len(emulator.sites(UID)) == done
    assert [(s.number, s.method, s.path, s.fault) for s in emulator.strikes.all] == [(2, "POST", "/sites", name)]
    assert emulator.strikes.counts == {name: 1}


@pytest.mark.parametrize("name", sorted(set(FAULTS) - OF_READS))
def test_reads_updates_and_deletes_suffer_as_creates_do(emulator, client, site, name):
    made = client.send("POST", "/sites", site).json()["id"]
    emulator.set_faults([Fault(name, 1, seconds=0.05 if name == "slow" else None)])
    done = HEARD[name][1]
    site["widget"]["call_time"] = 50

    hear(client, "GET", "/sites")
    hear(client, "PUT", f"/sites/{made}", site)
    assert [stored["widget"]["call_time"] for stored in emulator.sites(UID)] == [50 if done else 35]
    hear(client, "DELETE", f"/sites/{made}")
    assert len(emulator.sites(UID)) == (not done)
    # Tokens end once; what is not created can't be missed by lists.
    assert len(emulator.strikes.all) == {"token-expired": 1, "lagging-list": 0}.get(name, 3)


def test_an_answer_without_a_body_is_not_cut(emulator, client, site):
    made = client.send("POST", "/sites", site).json()["id"]
    emulator.set_personalities(["updates-without-body"])
    emulator.set_faults([ALWAYS["cut"], ALWAYS["truncated-json"]])

    assert hear(client, "DELETE", f"/sites/{made}").status == 204
    assert not emulator.strikes.all


def test_a_slow_answer_is_to_work_that_is_done_long_before(start, connect, site):
    done = threading.Event()
    emulator = start(observer=lambda moment: done.set() if moment.phase is Phase.DONE else None)
    client = connect(emulator.url)
    client.authenticate()
    done.clear()
    emulator.set_faults([Fault("slow", 1, seconds=30)])

    with pytest.raises(requests.ReadTimeout):
        client.session.post(f"{client.url}/sites", data=form(client.signed(site)), headers=FORM, timeout=0.2)
    assert done.wait(10)
    assert len(emulator.sites(UID)) == 1  # and the end of the test does not wait for half a minute


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


# --- who asks ---


def test_tokens_end_of_one_account_only(emulator, client, connect):
    other = connect(emulator.url, "200", "other")
    client.authenticate()
    other.authenticate()
    emulator.set_faults([Fault("token-expired", 1, times=1)])

    assert code(client.send("GET", "/sites")) == "AUTH-TOKEN-EXPIRED"
    assert other.send("GET", "/sites").status_code == 200
    client.authenticate()
    assert client.send("GET", "/sites").status_code == 200


def test_another_address_stays_another_address(emulator, client):
    client.authenticate()
    emulator.set_faults([Fault("ip-changed", 1, times=2)])
    for _ in range(2):
        assert code(client.send("GET", "/sites")) == "AUTH-TOKEN-IP"
        client.authenticate()
    emulator.set_faults(())

    assert client.send("GET", "/sites").status_code == 200
    assert emulator.strikes.counts == {"ip-changed": 2}


# --- other people ---


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {name: leaf for key, inner in value.items() for name, leaf in leaves(inner, f"{path}.{key}").items()}
    return {path.removeprefix("."): value}


def test_what_others_change_is_one_field_that_anybody_may_give_that_value(emulator, client, site):
    made = client.send("POST", "/sites", site).json()
    before, changed = leaves(made), set()
    for seed in range(60):
        emulator.set_faults([ALWAYS["site-changed"]], seed)
        seen = client.send("GET", f"/sites/{made['id']}").json()
        after = leaves(seen)
        strike = emulator.strikes.all[-1]

        assert {name for name in after if after[name] != before[name]} == {strike.field}
        assert (strike.site, after[strike.field]) == (made["id"], strike.value)
        sections = {name: seen[name] for name in SITE}
        assert client.send("PUT", f"/sites/{made['id']}", sections).status_code == 200
        before = after
        changed.add(strike.field)
    assert len(changed) > 20
    assert not changed & {"site.url", "site.auto_payment"}


READS = ["/sites", "/sites/{own}", "/contributors/{client}/sites", "/contributors/{client}/sites/{theirs}"]


@pytest.mark.parametrize("path", READS)
def test_reads_see_what_others_do(emulator, client, site, path):
    owner = emulator.put_client(UID, "owner@acme.ru")
    own, theirs = emulator.put_site(UID, site), emulator.put_site(UID, site, owner)
    path = path.format(own=own, client=owner, theirs=theirs)
    read = theirs if "contributors" in path else own

    def strike(name: str) -> Any:
        emulator.set_faults([ALWAYS[name]])
        answer = client.send("GET", path)
        assert emulator.strikes.all[-1].fault == name
        return answer

    duplicated = strike("duplicate-site").json()
    second = emulator.strikes.all[-1].site
    of_owner = emulator.sites(UID, owner if "contributors" in path else None)
    assert [entry["id"] for entry in of_owner] == [read, second]
    assert of_owner[0]["site"] == of_owner[1]["site"]
    assert duplicated == of_owner if path.endswith("sites") else duplicated == of_owner[0]

    deleted = strike("site-deleted")
    gone = emulator.strikes.all[-1].site
    assert gone in (read, second)
    assert deleted.status_code == (200 if path.endswith("sites") else 404)
    assert gone not in {entry["id"] for entry in emulator.sites(UID) + emulator.sites(UID, owner)}


def test_others_leave_alone_what_is_not_read(emulator, client, site):
    made, *others = [emulator.put_site(UID, site) for _ in range(5)]
    emulator.put_client(UID, "owner@acme.ru")
    emulator.set_faults([ALWAYS[name] for name in sorted(OF_READS)])
    for path in ("/profile", "/contributors", "/calls", "/server/time/now", "/sites/9999"):
        client.send("GET", path)
    client.send("PUT", f"/sites/{made}", site)
    assert not emulator.strikes.all

    stored = emulator.sites(UID)[0]
    client.send("GET", "/sites", {"ids": others})
    assert {strike.fault for strike in emulator.strikes.all} == OF_READS
    assert emulator.sites(UID)[0] == stored


def test_lists_lag_behind_creates(emulator, client, clock, site):
    seen_before = emulator.put_site(UID, site)
    emulator.set_faults([Fault("lagging-list", 1, seconds=60)])
    own = client.send("POST", "/sites", site).json()["id"]
    both = client.send("POST", "/contributors/sites", {"email": "a@acme.ru", "password": "s3cr3t", **site}).json()
    owner, theirs = both["id"], both["site"]["id"]

    def listed() -> list[list[int]]:
        answers = [
            client.send("GET", "/sites").json(),
            client.send("GET", "/sites", {"ids": [own]}).json(),
            client.send("GET", "/contributors").json(),
            client.send("GET", f"/contributors/{owner}/sites").json(),
        ]
        extended = client.send("GET", f"/contributors/{owner}").json()["sites"]
        widgets = [widget["site_id"] for widget in client.send("GET", "/widget").json()]
        return [[entry["id"] for entry in answer] for answer in answers] + [extended, widgets]

    assert listed() == [[seen_before], [], [], [], [], [seen_before]]
    assert client.send("GET", f"/sites/{own}").status_code == 200
    assert client.send("GET", f"/contributors/{owner}/sites/{theirs}").status_code == 200
    emulator.set_faults([ALWAYS["site-deleted"]])
    assert client.send("GET", "/sites", {"ids": [own]}).json() == []  # others don't see it either
    clock.now += 60
    emulator.set_faults(())
    assert listed() == [[seen_before, own], [own], [owner], [theirs], [theirs], [seen_before, own]]
    assert [(s.path, s.site) for s in emulator.strikes.all] == [("/sites", own), ("/contributors/sites", theirs)]

    refused = client.send("POST", "/sites", {**site, "managers": []})
    assert refused.status_code == 400
    assert len(emulator.strikes.all) == 2  # nothing was created that lists could miss


# --- Chaser ---


@pytest.fixture
def chaser(start):
    """An emulator with a user of Chaser, and how that one asks."""
    import hashlib

    emulator = start(chaser_accounts={"77": "private"})
    emulator.website = emulator.put_website("77", "acme.ru")

    def ask(method: str, path: str, **params: Any) -> requests.Response:
        query = form({**params, "client_id": "77"})
        key = hashlib.md5(f"{query}&PrivateSecurityKey=private".encode()).hexdigest()
        signed = f"{query}&SecurityKey={key}"
        url = emulator.url_of("chaser") + path
        if method == "GET":
            return requests.get(f"{url}?{signed}", timeout=10)
        return requests.post(url, signed, headers=FORM, timeout=10)

    emulator.ask = ask
    return emulator


@pytest.mark.parametrize("name", sorted(set(FAULTS) - OF_READS))
def test_a_call_through_chaser(chaser, name):
    chaser.set_faults([Fault(name, 1, seconds=0.05 if name == "slow" else None)])
    try:
        chaser.ask("POST", "/call", site_id=chaser.website, client_phone=79161234567)
    except requests.RequestException:
        assert name in ("reset-before", "reset-after", "cut")
    # Chaser has no tokens, and creates nothing that is listed later.
    concerned = name not in REFUSED and name != "lagging-list"
    assert len(chaser.calls("77", "chaser")) == (HEARD[name][1] or not concerned)
    assert chaser.strikes.counts == ({name: 1} if concerned else {})


def test_others_in_chasers_dashboard(chaser):
    def after(name: str) -> Any:
        chaser.set_faults([ALWAYS[name]])
        return [(site["name"], site["title"]) for site in chaser.ask("GET", "/websites").json()]

    assert after("duplicate-site") == [("acme.ru", "")] * 2
    (named, title), other = sorted(after("site-changed"), key=lambda site: not site[1])
    assert (named, other) == ("acme.ru", ("acme.ru", ""))
    assert chaser.strikes.all[-1].value == title != ""
    assert len(after("site-deleted")) == 1


# --- when they strike ---


def conversation(client: Client, n: int) -> tuple[str, list[str]]:
    """A site's name, and what a client heard that created it, tries at most five times, and lists by a filter."""
    name, heard = f"site{n}.ru", []
    site = copy.deepcopy(SITE) | {"site": {"url": name}}
    for method, params in [("POST", site)] * 5 + [("GET", {"ids": [n]})] * 5:
        try:
            heard.append(str(client.send(method, "/sites", params).status_code))
        except requests.RequestException as error:
            heard.append(type(error).__name__)
    return name, heard


MIXED = [Fault(name, 0.3) for name in ("reset-before", "reset-after", "502-before", "503-after", "429", "html", "cut")]


def test_the_same_seed_strikes_the_same_requests_however_they_interleave(start, connect, tmp_path):
    def run(seed: int, threads: int) -> Any:
        emulator = start(database=tmp_path / f"{seed}-{threads}.db", faults=())
        clients = [connect(emulator.url) for _ in range(12)]
        for client in clients:
            client.authenticate()
        emulator.set_faults(MIXED, seed)
        with ThreadPoolExecutor(threads) as pool:
            heard = dict(pool.map(conversation, clients, range(12)))
        made = Counter(site["site"]["url"] for site in emulator.sites(UID))
        emulator.stop()
        return heard, made, emulator.strikes.counts

    alone = run(7, 1)
    assert run(7, 12) == alone
    assert run(8, 1) != alone


def test_a_new_schedule_begins_anew_and_times_are_no_part_of_a_request(emulator, client):
    def run(hour: int) -> list[str]:
        emulator.set_faults([Fault("429", 0.3), Fault("502-before", 0.3)], seed=3)
        before = len(emulator.strikes.all)
        for minute in range(40):
            client.send("GET", "/calls", {"start_at": f"2023-11-14 {hour}:{minute:02}:00"})
        return [strike.fault for strike in emulator.strikes.all[before:]]

    assert run(10) == run(12) != []


def test_rates(emulator, client):
    def struck(rate: float) -> set[int]:
        emulator.set_faults([Fault("429", rate)], seed=1)
        return {n for n in range(300) if client.send("GET", "/profile").status_code == 429}

    at = {rate: struck(rate) for rate in (0, 0.1, 0.4, 1)}
    assert [len(at[0]), len(at[1])] == [0, 300]
    assert 12 < len(at[0.1]) < 54  # three standard deviations and more
    assert 90 < len(at[0.4]) < 150
    assert at[0.1] < at[0.4]
    assert Fault("429").rate == 0.1


def test_times_and_requests_can_be_limited(emulator, client, site):
    emulator.set_faults([Fault("502-after", 1, times=2, only="POST /sites"), Fault("429", 1, only="* /contr*")])
    assert [client.send("POST", "/sites", site).status_code for _ in range(3)] == [502, 502, 201]
    assert [client.send(verb, "/contributors").status_code for verb in ("GET", "POST")] == [429, 429]
    assert client.send("GET", "/sites").status_code == 200
    assert emulator.strikes.counts == {"502-after": 2, "429": 2}
    emulator.set_faults(())
    assert client.send("GET", "/contributors").status_code == 200


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "reset-afer"}, 'no fault "reset-afer"; did you mean "reset-after"?'),
        ({"name": "cut", "rate": 1.5}, "fault cut: the rate is 1.5, expected 0 to 1"),
        ({"name": "cut", "rate": float("nan")}, "fault cut: the rate is nan, expected 0 to 1"),
        ({"name": "cut", "times": -1}, "fault cut: it can't strike -1 times"),
        ({"name": "cut", "only": "POST"}, 'fault cut: expected a verb and a path such as "POST /sites", got "POST"'),
        ({"name": "cut", "seconds": 1}, "fault cut: it takes no seconds"),
        ({"name": "slow", "seconds": -1}, "fault slow: it can't take -1 seconds"),
    ],
)
def test_faults_that_make_no_sense(given, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        Fault(**given)


# --- together ---


def test_of_several_faults_instead_of_the_work_one_strikes(emulator, client, site):
    emulator.set_faults([Fault(name, 1) for name, kind in FAULTS.items() if kind.stage is Stage.BEFORE])
    for n in range(30):
        hear(client, "POST", "/sites", {**site, "site": {"url": f"site{n}.ru"}})
    assert emulator.sites(UID) == []
    assert sum(emulator.strikes.counts.values()) == 30
    assert len(emulator.strikes.counts) == 5  # the dice decide which


def test_faults_of_different_stages_strike_together(emulator, client, site):
    made = emulator.put_site(UID, site)
    client.authenticate()
    emulator.set_faults([Fault("slow", 1, seconds=0.01), ALWAYS["503-after"], ALWAYS["site-deleted"]])
    assert hear(client, "GET", "/sites").status == 503
    assert emulator.strikes.counts == {"503-after": 1, "slow": 1, "site-deleted": 1}
    assert emulator.strikes.all[0].site == made
    assert emulator.sites(UID) == []


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_with_all_personalities(emulator, client, site, name):
    emulator.set_personalities([name for name in PERSONALITIES if name != "ids-refused"])
    client.send("POST", "/sites", site)
    emulator.set_faults([Fault(name, 1, seconds=0.01 if name == "slow" else None)])
    answers = [hear(client, "GET", "/sites"), hear(client, "POST", "/sites", site), hear(client, "GET", "/sites/1")]

    assert emulator.strikes.counts[name] >= 1
    assert not any(b"GEN-SERVER-ERROR" in answer.body for answer in answers)


# --- what is told ---


def test_strikes_are_logged_without_secrets_and_forgotten_at_the_start(emulator, client, site, caplog):
    client.authenticate()
    emulator.set_faults([Fault("502-before", 1), Fault("site-changed", 1)])
    with caplog.at_level(logging.INFO, "reconcile.emulator"):
        signed = client.signed({**site, "password": "canary"})
        client.raw("POST", "/sites", data=form(signed), headers=FORM)
    assert caplog.messages == ["request 2, POST /sites: 502-before"]
    assert signed["sign"] not in caplog.text
    emulator.stop()
    assert emulator.strikes.counts == {"502-before": 1}
    emulator.start()
    assert emulator.strikes.counts == {}


A, D, W = Phase.ARRIVED, Phase.DONE, Phase.ANSWERED


@pytest.mark.parametrize(
    ("name", "phases"),
    [
        (None, [A, D, W]),
        ("reset-before", [A]),
        ("429", [A, W]),
        ("reset-after", [A, D]),
        ("cut", [A, D]),
        ("502-after", [A, D, W]),
        ("token-expired", [A, D, W]),
    ],
)
def test_an_observer_sees_how_far_a_request_comes(start, connect, site, name, phases):
    seen: list[Moment] = []
    emulator = start(observer=seen.append)
    client = connect(emulator.url)
    client.authenticate()
    emulator.set_faults([] if name is None else [ALWAYS[name]])
    hear(client, "POST", "/sites", site)
    emulator.stop()  # when all is answered

    assert seen == [Moment(1, "pozvonim", "GET", "/auth/token", phase) for phase in (A, D, W)] + [
        Moment(2, "pozvonim", "POST", "/sites", phase) for phase in phases
    ]


def test_the_server_waits_for_its_observer(start, connect, site):
    reached, go_on = threading.Event(), threading.Event()

    def hold(moment: Moment) -> None:
        if (moment.method, moment.phase) == ("POST", Phase.DONE):
            reached.set()
            assert go_on.wait(10)

    emulator = start(observer=hold)
    client = connect(emulator.url)
    client.authenticate()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(hear, client, "POST", "/sites", site)
        assert reached.wait(10)
        assert len(emulator.sites(UID)) == 1  # committed, and nobody has heard of it
        assert not answer.done()
        go_on.set()
        assert answer.result().status == 201


# --- faults that never strike ---

REQUESTS = st.one_of(
    st.tuples(st.just("POST"), st.just("/sites"), st.sampled_from([SITE, {}, {**SITE, "site": {"url": "окна.рф"}}])),
    st.tuples(st.just("PUT"), st.sampled_from(["/sites/1", "/sites/2"]), st.just(SITE)),
    st.tuples(st.sampled_from(["GET", "DELETE"]), st.sampled_from(["/sites/1", "/sites/2", "/nothing"]), st.just({})),
    st.tuples(
        st.just("GET"),
        st.sampled_from(["/sites", "/contributors", "/widget", "/profile", "/calls", "/contributors/5001/sites"]),
        st.sampled_from([{}, {"ids": [1]}]),
    ),
    st.tuples(
        st.just("POST"),
        st.sampled_from(["/contributors", "/contributors/sites", "/contributors/5001/sites", "/sites/1/call"]),
        st.sampled_from([{"email": "a@acme.ru", "password": "s3cr3t"}, SITE, {"phone": "+79161234567"}]),
    ),
)


def told_by(options: dict[str, Any], asked: list[tuple[str, str, dict[str, Any]]]) -> Any:
    """All answers, and all that is stored at the end."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(Options({UID: KEY}, Path(folder) / "e.db", **options), Clock()) as emulator,
    ):
        client = Client(emulator.url)
        answers = [client.send(*request) for request in asked]
        told = [(answer.status_code, dict(answer.headers), answer.content) for answer in answers]
        log = [(entry.method, entry.path, entry.status) for entry in emulator.requests()]
        client.session.close()
        assert emulator.strikes.all == ()
        return told, log, emulator.sites(UID), emulator.clients(UID), emulator.calls(UID)


@settings(max_examples=15, deadline=None)
@given(asked=st.lists(REQUESTS, max_size=12), seed=st.integers(), on=st.lists(st.sampled_from(sorted(PERSONALITIES))))
def test_faults_that_never_strike_change_nothing(asked, seed, on):
    faults = tuple(Fault(name, 0) for name in FAULTS)
    on = tuple(on)
    assert told_by({"faults": faults, "seed": seed, "personalities": on}, asked) == told_by(
        {"personalities": on}, asked
    )
