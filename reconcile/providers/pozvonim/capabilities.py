"""What Pozvonim's API does, as data (api.md 1.4)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconcile.model.capabilities import Action, Activity, Capabilities, Status

#: The states of calls. [assumed: the service documents `status_ids[]` and no list of them]
STATUSES: Final = (
    Status("new", 1),
    Status("calling", 2),
    Status("talked", 3, succeeded=True),
    Status("missed", 4, succeeded=False),
    Status("no_answer", 5, succeeded=False),
    Status("delayed", 6),
    Status("cancelled", 7, succeeded=False),
)
#: What a call may carry (calls 8 and 9); the service's names are ours.
CALL_OPTIONS: Final = ("region", "source_call", "source_enter", "source_referer", "return_count", "ip", "useragent")

CAPABILITIES: Final = Capabilities(
    base_url="https://api.pozvonim.com/v2u",
    actions=MappingProxyType(
        {
            "site": frozenset({Action.CREATE, Action.UPDATE, Action.DELETE}),
            "client": frozenset({Action.CREATE}),
            "profile": frozenset({Action.UPDATE}),
        }
    ),
    sections=frozenset({"site", "managers", "widget", "blacklists"}),
    advice=MappingProxyType(
        {
            ("client", Action.UPDATE): "change it in the dashboard, or declare what is live",
            ("client", Action.DELETE): "delete the client in the dashboard",
        }
    ),
    client_with_site=True,
    settings=frozenset({"encoding", "update_method", "payment_route"}),
    activities=frozenset(Activity),
    statuses=STATUSES,
    call_options=MappingProxyType({name: name for name in CALL_OPTIONS}),
)
