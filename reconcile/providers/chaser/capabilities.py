"""What Chaser's API does, as data (api.md, section 2)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconcile.model.capabilities import Action, Activity, Capabilities, Status

#: What `filter` tells apart (call 30). A call that the service counts as neither has no state of ours.
TALKED: Final = Status("talked", "success_calls", succeeded=True)
MISSED: Final = Status("missed", "failed_calls", succeeded=False)

#: What a call may carry (call 31), in the order in which the service documents it; its names are ours.
CALL_OPTIONS: Final = (
    "manager_phone",
    "active_page",
    "client_ip",
    "message_on_ring",
    "nwt_action",
    "call_stack_start_hour",
    "call_stack_interval",
    "referrer",
)

CAPABILITIES: Final = Capabilities(
    base_url="https://api.chaser.ru/v1",
    actions=MappingProxyType({"site": frozenset()}),
    sections=frozenset({"website"}),
    advice=MappingProxyType(
        {
            ("site", Action.CREATE): "add the website in Chaser's dashboard",
            ("site", Action.UPDATE): "change the website in Chaser's dashboard, or declare what is live",
            ("site", Action.DELETE): "delete the website in Chaser's dashboard",
        }
    ),
    activities=frozenset({Activity.CALL, Activity.CALLS, Activity.STATISTICS}),
    statuses=(TALKED, MISSED),
    call_options=MappingProxyType({name: name for name in CALL_OPTIONS}),
)
