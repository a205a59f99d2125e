"""What Pozvonim can do, as data (api.md 1.4)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconcile.model.capabilities import Action, Activity, Capabilities, Status

#: [assumed] The states of a call: the service's documentation has `status_ids[]`, and no list of them.
STATUSES: Final = (
    Status("new", 1),
    Status("calling", 2),
    Status("talked", 3, succeeded=True),
    Status("missed", 4, succeeded=False),  # no manager answered
    Status("no_answer", 5, succeeded=False),  # the visitor did not
    Status("delayed", 6),
    Status("cancelled", 7, succeeded=False),
)

#: What calls 8 and 9 take besides the phone and the time; the schema has the service's own names.
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
            ("client", Action.UPDATE): "change the client's e-mail in its own account at pozvonim.com",
            ("client", Action.DELETE): "delete the client in the studio's account at pozvonim.com",
        }
    ),
    activities=frozenset(Activity),
    statuses=STATUSES,
    call_options=MappingProxyType({name: name for name in CALL_OPTIONS}),
)
