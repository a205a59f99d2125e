"""What is fuzzed, by hypothesis and by atheris: any bytes give a value, or one of our errors."""

from __future__ import annotations

import copy
import itertools
import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.errors import ReconcileError
from reconcile.model.fields import client_kind, profile_kind, site_kind
from reconcile.planning import planfile, safety
from reconcile.planning.planfile import _digest
from reconcile.providers import registry
from reconcile.providers.chaser import codec as chaser
from reconcile.providers.chaser.ordering import made_call
from reconcile.providers.http import protocol as http
from reconcile.providers.http.protocol import HttpAnswer, Request
from reconcile.providers.pozvonim import activities_codec as activities
from reconcile.providers.pozvonim.capabilities import CAPABILITIES
from reconcile.providers.pozvonim.codec import SiteCodec, identity, list_items, site_id, unwrapped
from reconcile.providers.pozvonim.protocol import given_token
from reconcile.providers.pozvonim.protocol import parse as parse_pozvonim
from reconcile.providers.pozvonim.studio import decode_client, decode_profile
from reconcile.reports.json import error_json, plan_json
from reconcile.reports.tables import flat, pairs_text
from reconcile.reports.text import plan_text

ZONE: Final = ZoneInfo("Europe/Moscow")
ACCOUNT: Final = b"""accounts:
  studio: {provider: pozvonim, uid: u, api_key: k}
  c: {provider: chaser, uid: u, api_key: k}
"""
#: Other packages that happen to be installed are not asked.
SERVICES: Final = Services(
    lambda name: registry.service(name) if name in registry.BUILT_IN else None, lambda: registry.BUILT_IN
)


def project(data: bytes) -> None:
    """A file of a project, beside one that declares accounts."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "accounts.yaml").write_bytes(ACCOUNT)
        (root / "fuzzed.yaml").write_bytes(data)
        try:
            load_state(root, {"A": "a", "N": "1"}, SERVICES)
        except ReconcileError as error:
            _told(str(error), error_json(error))


GROUP: Final = b"""site_groups:
  g:
    from: fuzzed.%s
    address: ${each.host}
    template: {managers: [{phone: "${each.phone:-84951234567}"}], labels: {a: "${each.host}"}, widget: w}
widgets: {w: {}}
"""


def table(data: bytes) -> None:
    """A table of a site group, as a file of each sort."""
    for suffix in (b"csv", b"json", b"yaml"):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "accounts.yaml").write_bytes(ACCOUNT.replace(b"  c: {provider: chaser, uid: u, api_key: k}\n", b""))
            (root / "group.yaml").write_bytes(GROUP % suffix)
            (root / f"fuzzed.{suffix.decode()}").write_bytes(data)
            try:
                load_state(root, {}, SERVICES)
            except ReconcileError as error:
                _told(str(error), error_json(error))


# --- answers ----------------------------------------------------------------------------------------------------------

GET: Final = Request("GET", "/fuzzed")
POST: Final = Request("POST", "/fuzzed")
SECRETS: Final = ("a-secret/+ &key", "100")


def _codec() -> SiteCodec:
    return SiteCodec(site_kind())


def _each(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda raw: [read(item) for item in list_items(raw, "fuzzed")]


KINDS: Final = (site_kind(), client_kind(), profile_kind())
#: What is made of the JSON of an answer, of either service.
READERS: Final[tuple[Callable[[Any], Any], ...]] = (
    given_token,
    _each(identity),
    _each(lambda item: _codec().decode("studio", item)),
    lambda raw: _codec().decode("studio", unwrapped(raw)),
    lambda raw: _codec().undocumented(raw),
    _each(lambda item: decode_client("studio", item)),
    lambda raw: decode_client("studio", raw),
    lambda raw: decode_profile("studio", raw, "key"),
    _each(lambda item: activities.decode_call(item, ZONE, CAPABILITIES.statuses)),
    lambda raw: activities.decode_call(raw, ZONE, CAPABILITIES.statuses),
    activities.decode_client,
    activities.new_call_id,
    lambda raw: [activities.purse_balance(raw, purse) for purse in activities.Purse],
    activities.zone_of,
    activities.shown_time,
    lambda raw: activities.read_time(activities.time_value(raw), ZONE),
    lambda raw: [activities.decode_widget(1, item, item) for item in list_items(raw, "fuzzed")],
    lambda raw: activities.decode_widget(1, raw if isinstance(raw, dict) else {}, raw),
    lambda raw: site_id(unwrapped(raw)),
    lambda raw: chaser.websites(site_kind(), "c", raw, "fuzzed"),
    lambda raw: chaser.calls(raw, 1, ZONE, "fuzzed"),
    lambda raw: made_call(raw, "fuzzed", lambda text: text),
    lambda raw: [
        field.lenient.read(raw) for kind in (site_kind(), client_kind(), profile_kind()) for field in kind.fields
    ],
    lambda raw: pairs_text(flat(raw)),
)


def answer(status: int, headers: dict[str, str], body: bytes) -> None:
    """An answer to each kind of request, and its JSON read as everything that it could be."""
    got = HttpAnswer(status, {name.lower(): value for name, value in headers.items()}, body, 1.7e9)
    assert got.clock_ahead is None or isinstance(got.clock_ahead, float)
    assert got.retry_after is None or got.retry_after >= 0
    for parse, request in itertools.product((http.parse, parse_pozvonim), (GET, POST)):
        try:
            raw = parse(request, got, SECRETS)
        except ReconcileError as error:
            _told(str(error), error_json(error))
        else:
            for read in READERS:
                try:
                    read(copy.deepcopy(raw))
                except ReconcileError as error:
                    _told(str(error), error_json(error))


# --- saved plans ------------------------------------------------------------------------------------------------------

_FIELDS: Final = [
    {"path": "report_period", "before": 90, "after": 60},
    {"path": "managers", "before": [], "after": [{"phone": "+74951234567", "name": "Анна"}]},
    {"path": "blacklists.ip", "before": ["203.0.113.7"], "after": []},
    {"path": "widget.schedule.monday.from", "before": 9, "after": "10:30"},
    {"path": "widget.raw.colour", "before": "red", "after": {"a": [1, None]}, "undocumented": True},
]
_CHANGE: Final = {
    "address": "studio/site/acme.ru",
    "kind": "site",
    "account": "studio",
    "action": "update",
    "reason": "differs from p.yaml",
    "id": 1,
    "fields": _FIELDS,
    "fingerprint": "f",
    "context": [{"path": "url", "value": "acme.ru"}],
    "prevent_destroy": False,
    "owner": None,
    "together": None,
}
_CREATE: Final = {**_CHANGE, "action": "create", "id": None, "fingerprint": None, "address": "studio/site/new.ru"}
_PROFILE: Final = {
    **_CHANGE,
    "address": "studio/profile",
    "kind": "profile",
    "fields": [{"path": "api_key", "before": "(sensitive)", "after": "(sensitive)", "sensitive": True}],
    "context": [],
}
PLAN: Final[dict[str, Any]] = {
    "format_version": "1.0",
    "summary": {"create": 1, "update": 2, "delete": 1, "noop": 3, "manual": 1},
    "complete": True,
    "changes": [_CHANGE, _CREATE, {**_CHANGE, "action": "delete", "fields": [], "context": []}, _PROFILE],
    "diagnostics": [{"severity": "warning", "address": "studio/site/acme.ru", "message": "look"}],
    "manual": [{"address": "studio/site/acme.ru", "message": "do it"}],
    "project": "p",
    "sizes": {"studio": 4},
    "declared": [["account", "studio", 4]],
}
_LIMITS: Final = safety.Safety(5, 10, 100, ("acme.ru",))


def plan(text: str) -> None:
    """A saved plan, read for `apply` and for `show`, and everything that reads a plan."""
    for secrets in (None, lambda address, path: "secret"):
        try:
            made, _ = planfile.load(text, None, secrets)
        except ReconcileError as error:
            _told(str(error), error_json(error))
            return
        assert planfile.load(planfile.dump(made, "p"), "p", secrets)[0] == made
        _told(plan_text(made), plan_json(made))
        safety.refusals(made, _LIMITS)
        assert made.pending in (True, False)
        assert all(change.id is None or change.ref.id >= 0 for change in made.changes)


#: What a value of a plan is exchanged for.
ODD: Final = (
    *(None, True, False, 0, -1, 1, 2**63, 2**64, 10**400, 1.5, 1e308, "", "x", "\x1b[31m", "\ud800", "0", "9" * 5000),
    *([], [[]], {}, {"": None}, {"0": 1}, [None], "studio/site/x", "a/b/c/d", "create", "update", "delete", "noop"),
    *(
        "report_period",
        "managers",
        "widget.raw.x",
        "blacklists.raw.y",
        "api_key",
        "url",
        "http://x.ru/",
        "xn--80atjc.рф",
    ),
)


def mutated(seed: int) -> str:
    """The plan with a few values exchanged, keys taken away or added, and a digest that fits again."""
    chance = random.Random(seed)
    data = copy.deepcopy(PLAN)
    for _ in range(chance.randint(1, 4)):
        node: Any = data
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(node[key], dict | list) and node[key] and chance.random() < 0.85:
                node = node[key]
                continue
            match chance.randint(0, 5):
                case 0 if isinstance(node, dict):
                    del node[key]
                case 1 if isinstance(node, dict):
                    node[str(chance.choice(ODD))] = chance.choice(ODD)
                case 2 if isinstance(node, list):
                    node.append(copy.deepcopy(chance.choice(node)))
                case _:
                    node[key] = copy.deepcopy(chance.choice(ODD))
            break
    data["digest"] = _digest(data)
    return json.dumps(data, ensure_ascii=False)


def _told(text: str, data: str) -> None:
    """What is said can be printed, and JSON is JSON."""
    assert text is not None
    data.encode()
    json.loads(data)


# --- by name, of bytes ------------------------------------------------------------------------------------------------

_STATUSES: Final = (200, 200, 200, 200, 201, 204, 302, 401, 403, 404, 429, 500, 503)


def _answer_of(data: bytes) -> None:
    """The first byte chooses the status; a first line, if it ends, is what the headers hold."""
    status = _STATUSES[data[0] % len(_STATUSES)] if data else 200
    head, end, body = data[1:].partition(b"\n\n")
    text = head.decode("utf-8", "replace") if end else ""
    answer(status, dict.fromkeys(("Date", "Retry-After", "Location"), text), body if end else data[1:])


def _plan_of(data: bytes) -> None:
    """A text as it is, and, where it is an object, with a digest that fits, and laid over a plan that is one."""
    text = data.decode("utf-8", "replace")
    plan(text)
    try:
        given = json.loads(text)
        plan(json.dumps(given | {"digest": _digest(given)}))
        laid = {**PLAN, **given, "changes": [_CHANGE | given, _CREATE | given]}
        plan(json.dumps(laid | {"digest": _digest(laid)}))
    except (ValueError, TypeError, RecursionError):
        plan(mutated(int.from_bytes(data[:4], "big")))


#: The targets by their names, each of any bytes.
TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "project": project,
    "table": table,
    "answer": _answer_of,
    "plan": _plan_of,
}
