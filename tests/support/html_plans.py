"""Plans for the HTML report, made by the planner: one of everything, one of hostile names, and ones of any size."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from live_accounts import live_accounts
from msgspec.structs import replace

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.model.rollout import Chosen, CommandGate, Count, OnFailure, Percent, Rollout
from reconcile.planning.diff import build_plan
from reconcile.planning.plan import Diagnostic, Plan, Severity
from reconcile.planning.waves import InWaves, waves
from reconcile.providers import registry

ANNA = {"phone": "+74951234567", "name": "Анна", "region": "Москва"}
BORIS = {"phone": "+78127654321", "name": "Борис", "region": "Санкт-Петербург"}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OFFICE = {day: {"from": 9, "to": 18, "enable": int(day not in ("saturday", "sunday"))} for day in DAYS}
SUNDAY = {"from": 10, "to": 16, "enable": 1}
#: What every browser, spreadsheet and terminal has been fooled with.
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(3)>",
    "\"'`><svg onload=alert(4)>",
    "{{ data }}{{ script }}",
    "evil\u202egnp.exe",
    "a\u2028b\u2066c\x07",
    "javascript:alert(6)",
    "__proto__",
    "]]>&lt;b&gt;",
)


def planned(project: Mapping[str, Any], live: Mapping[str, Any], env: Mapping[str, str] | None = None) -> Plan:
    """The plan of a project, given as data, against live accounts as `live_accounts` takes them."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "reconcile.yaml").write_text(
            yaml.safe_dump(dict(project), allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        desired = load_state(Path(folder), dict(env or {}), Services(registry.service, registry.names))
    return build_plan(desired, live_accounts(desired, json.loads(json.dumps(live))))


def site(number: int, url: str, **sections: Any) -> dict[str, Any]:
    """A live site with everything by default, `sections` over it."""
    widget = {
        "timezone": "Europe/Moscow",
        "schelude": OFFICE,
        "call_time": 28,
        "button": 1,
        "button_position": 1,
        "button_position_x": 0,
        "button_position_y": 0,
        "window_position": 2,
        "mobile_enable": 1,
    }
    return {
        "id": number,
        "site": {"url": url, **sections.get("site", {})},
        "managers": sections.get("managers", [ANNA]),
        "widget": widget | sections.get("widget", {}),
        "blacklists": {"ip": "203.0.113.7", **sections.get("blacklists", {})},
    }


ZONES = ("Europe/Moscow", "Europe/Moscow", "Asia/Yekaterinburg", "Asia/Vladivostok")


def in_waves() -> Plan:
    """The showcase in waves, one of which nothing is for."""
    plan = showcase()
    sizes = (Count(1), Chosen("tier=<b>"), Percent(25.0), Percent(100.0))
    rollout = Rollout(sizes, 5400.0, 2, OnFailure.ROLLBACK, (CommandGate(("./check.sh",), 60.0),))
    made = waves(plan, sizes)
    return replace(plan, rollout=InWaves.of(made, rollout, len(made)))


def showcase() -> Plan:
    """An agency's Friday: longer hours for forty dealers, a moved button, a new client, two sites that go."""
    dealers = [f"teplo-{n:02}.ru" for n in range(1, 41)]
    return planned(
        {
            "accounts": {
                "studio": {"provider": "pozvonim", "uid": "1", "api_key": "k", "prune": True},
                "stats": {"provider": "chaser", "client_id": "1", "private_key": "k"},
            },
            "clients": {"acme": {"email": "owner@acme.ru"}, "globex": {"email": "it@globex.ru", "password": "s3cret"}},
            "managers": {"anna": ANNA, "boris": BORIS},
            "schedules": {
                "office": {"weekdays": "9-18", "weekend": "closed"},
                "summer": {"weekdays": "9-20", "saturday": "10-15", "sunday": "closed"},
                "night": {day: {"from": 20, "to": 4, "enable": True} for day in DAYS},
            },
            "blacklists": {"spam": {"ip": ["203.0.113.7", "198.51.100.0/24"], "phone": ["+74950000000"]}},
            "defaults": {"account": "studio", "managers": ["anna"]},
            "site_groups": {
                "dealers": {
                    "from": [{"host": host, "zone": ZONES[n % 4]} for n, host in enumerate(dealers)],
                    "address": "${each.host}",
                    "template": {
                        "widget": {"schedule": "summer", "call_time": 35, "timezone": "${each.zone}"},
                        "blacklists": ["spam"],
                    },
                }
            },
            "sites": {
                "acme.ru": {
                    "client": "acme",
                    "managers": ["boris", "anna"],
                    "widget": {"button_position": 2, "button_position_y": 10, "window_position": 3},
                    "auto_payment": True,
                },
                "shop.acme.ru": {
                    "client": "acme",
                    "widget": {"schedule": {"sunday": "closed"}, "mobile_enable": False},
                },
                "окна-globex.рф": {"client": "globex", "widget": {"schedule": "night", "timezone": "Asia/Irkutsk"}},
                "studio.ru": {"report_email": "reports@studio.ru"},
                "stats.ru": {"account": "stats", "title": "Учёт"},
            },
        },
        {
            "studio": {
                "sites": [
                    *(
                        site(100 + n, host, widget={"timezone": ZONES[n % 4], "call_time": 28 if n else 30})
                        for n, host in enumerate(dealers)
                    ),
                    site(1, "studio.ru", site={"report_email": "old@studio.ru"}),
                    site(2, "old-landing.ru"),
                    site(3, "праздник-2019.рф"),
                ],
                "clients": [
                    {
                        "id": 7,
                        "email": "owner@acme.ru",
                        "sites": [
                            site(11, "acme.ru", blacklists={"phone": "+74991112233"}),
                            site(
                                12,
                                "shop.acme.ru",
                                widget={"schelude": OFFICE | {"sunday": {"from": 10, "to": 16, "enable": 1}}},
                            ),
                        ],
                    }
                ],
                "warnings": ["the profile can't be read: the API key has no right to it"],
            },
            "stats": [],
        },
    )


def alike(number: int) -> Plan:
    """A plan of so many sites that all get the same."""
    hosts = [f"dealer-{n:05}.ru" for n in range(number)]
    return _group(hosts, {"widget": {"call_time": 35, "schedule": {"saturday": "10-15"}}})


def different(number: int) -> Plan:
    """A plan of so many sites, each with values of its own, in twenty groups of fields."""
    hosts = [f"dealer-{n:05}.ru" for n in range(number)]
    own = {
        host: {
            "report_email": f"mail-{n}@example.ru",
            "managers": [{"phone": f"+7495{n:07}", "name": f"Менеджер {n}"}],
            "widget": {"call_time": 30 + n % 50, "schedule": {DAYS[n % 7]: f"{n % 9}-{10 + n % 13}"}},
        }
        for n, host in enumerate(hosts)
    }
    return _group(hosts, {}, own)


def _group(hosts: list[str], template: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> Plan:
    return planned(
        {
            "accounts": {"studio": {"provider": "pozvonim", "uid": "1", "api_key": "k"}},
            "defaults": {"managers": [ANNA]},
            "site_groups": {
                "dealers": {
                    "from": [{"host": host} for host in hosts],
                    "address": "${each.host}",
                    "template": dict(template),
                    "overrides": dict(own or {}),
                }
            },
        },
        {"studio": [site(n, host) for n, host in enumerate(hosts, start=1)]},
    )


def hostile() -> Plan:
    """What comes from the server and from the YAML is made of HOSTILE, wherever the schema lets it."""
    names = {f"site-{n}.ru": text for n, text in enumerate(HOSTILE)}
    return planned(
        {
            "accounts": {"studio": {"provider": "pozvonim", "uid": "1", "api_key": "k", "prune": True}},
            "clients": {
                text: {"email": f"client-{n}@acme.ru", "password": "s3cret-canary"} for n, text in enumerate(HOSTILE)
            },
            "sites": {
                name: {
                    "client": text,
                    "managers": [{"phone": "+74951234567", "name": text, "region": text}],
                    "blacklists": [{"url": [text], "referer": [text]}],
                    "widget": {"tracking_google_target": text, "raw": {"color": {text: text}}},
                }
                for name, text in names.items()
            },
        },
        {
            "studio": {
                "sites": [site(n, text) for n, text in enumerate(HOSTILE, start=50)],
                "clients": [
                    {
                        "id": n + 1,
                        "email": f"client-{n}@acme.ru",
                        "sites": [site(n + 1, name, managers=[{"phone": text, "name": f"{text} old"}])],
                    }
                    for n, (name, text) in enumerate(names.items())
                ],
                "warnings": list(HOSTILE),
            }
        },
    )


def refused() -> Plan:
    """Three sites that gain and lose a day and move alike, beside two that are in no file; a policy refuses that, and
    five sites have one warning.
    """
    names = ["a.ru", "b.ru", "c.ru"]
    widget = {"schedule": {"monday": "closed", "saturday": "10-15"}, "button_position": 2, "window_position": 1}
    plan = planned(
        {
            "accounts": {"studio": {"provider": "pozvonim", "uid": "1", "api_key": "k"}},
            "sites": {name: {"managers": [ANNA], "widget": widget} for name in names},
        },
        {"studio": {"sites": [site(number, name) for number, name in enumerate(names, start=1)]}},
    )
    said = [Diagnostic(Severity.ERROR, "studio/site/a.ru", "somebody answers on Monday", rule="monday")]
    said += [Diagnostic(Severity.WARNING, f"studio/site/{name}.ru", "costs money") for name in "abcde"]
    said.append(Diagnostic(Severity.WARNING, "studio", "the profile can't be read"))
    return replace(plan, diagnostics=tuple(said), undeclared={"studio": 2}, sizes={"studio": 5})


def one_widget(live: Mapping[str, Any], declared: Mapping[str, Any]) -> Plan:
    """A site whose live widget is to become as declared."""
    return planned(
        {
            "accounts": {"studio": {"provider": "pozvonim", "uid": "1", "api_key": "k"}},
            "sites": {"a.ru": {"managers": [ANNA], "widget": dict(declared)}},
        },
        {"studio": {"sites": [site(1, "a.ru", widget=dict(live))]}},
    )
