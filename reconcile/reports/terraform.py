"""Plans as Terraform's plan JSON, for policies and other readers of `terraform show -json`.

The form is that of https://developer.hashicorp.com/terraform/internals/json-format (1.2). A site is
`reconcile_site.ACCOUNT["ADDRESS"]`, a client `reconcile_client.ACCOUNT["NAME"]`, a profile `reconcile_profile.ACCOUNT`.
Only what changes is in it: what is as declared is counted, and no more. Beside the form, each resource has `reconcile`
with what Terraform has no word for, and so has the document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from reconcile.errors import ReconcileError
from reconcile.escaping import clean_json
from reconcile.model.capabilities import Action
from reconcile.model.fields import Field, Kind, Kinds
from reconcile.planning import whole
from reconcile.planning.plan import Change, Plan
from reconcile.planning.planfile import plan_data
from reconcile.reports.json import diagnostics_of

FORMAT_VERSION: Final = "1.2"
#: The version of Terraform whose form this is; some readers take no document without one.
TERRAFORM_VERSION: Final = "1.9.0"
PROVIDER: Final = "reconcile"
#: What of a change in our own JSON a reader of this one is told, too.
_OWN: Final = ("address", "account", "reason", "client", "group", "labels", "uses")

#: Fields and what they show, in the order of the schema.
Pairs = Sequence[tuple[Field, Any]]


class _State(Struct, frozen=True):
    """A resource before or after: its values, nested as in YAML, and `true` where one is hidden."""

    values: Mapping[str, Any]
    sensitive: Mapping[str, Any]


def plan_terraform(plan: Plan) -> str:
    """A plan, on one line as Terraform prints it."""
    changed = [(change, *_states(change, plan.kinds)) for change in plan.changes]
    data = plan_data(plan)
    return _text(
        [
            _resource_change(change, entry, before, after)
            for (change, before, after), entry in zip(changed, data["changes"], strict=True)
        ],
        [_planned(change, after) for change, _, after in changed if after is not None],
        {key: data[key] for key in ("summary", "undeclared", "diagnostics", "manual") if key in data},
        errored=bool(plan.errors),
        refused=bool(plan.breaches),
    )


def error_terraform(error: ReconcileError) -> str:
    """An error that ended a command: a plan that is `errored`, and holds nothing."""
    return _text([], [], {"diagnostics": diagnostics_of(error)}, errored=True)


def _text(
    changes: Sequence[Any], planned: Sequence[Any], own: Mapping[str, Any], *, errored: bool, refused: bool = False
) -> str:
    data = {
        "format_version": FORMAT_VERSION,
        "terraform_version": TERRAFORM_VERSION,
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "output_changes": {},
        "configuration": {"provider_config": {PROVIDER: {"name": PROVIDER, "full_name": PROVIDER}}, "root_module": {}},
        "applyable": bool(changes) and not errored and not refused,
        "complete": not errored,
        "errored": errored,
        "reconcile": own,
    }
    return clean_json(json.dumps(data, ensure_ascii=False, separators=(",", ":"))) + "\n"


def _resource_change(change: Change, entry: Mapping[str, Any], before: _State | None, after: _State | None) -> Any:
    return {
        **_named(change),
        "change": {
            "actions": [change.action.value],
            "before": before and before.values,
            "after": after and after.values,
            "after_unknown": False if after is None else {"id": True} if before is None else {},
            "before_sensitive": False if before is None else before.sensitive,
            "after_sensitive": False if after is None else after.sensitive,
        },
        "reconcile": {
            **{key: entry[key] for key in _OWN if key in entry},
            "changed": [item["path"] for item in entry["fields"]],
            "money": [item["path"] for item in entry["fields"] if "money" in item],
        },
    }


def _planned(change: Change, after: _State) -> dict[str, Any]:
    return {**_named(change), "schema_version": 0, "values": after.values, "sensitive_values": after.sensitive}


def _named(change: Change) -> dict[str, Any]:
    """What a resource is called."""
    account, kind, name = change.address.account, f"{PROVIDER}_{change.address.kind}", change.address.name
    # In Terraform's own language a text with ${ or %{ is a template, unless the sign is doubled.
    quoted = json.dumps(name, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
    index = {"index": name} if name else {}
    return {
        "address": f"{kind}.{account}[{quoted}]" if name else f"{kind}.{account}",
        "mode": "managed",
        "type": kind,
        "name": account,
        **index,
        "provider_name": PROVIDER,
    }


def _states(change: Change, kinds: Kinds) -> tuple[_State | None, _State | None]:
    """The resource before and after; where no more is known, the fields that change."""
    kind = kinds.get(change.address.kind)
    before = after = None
    if change.action is not Action.CREATE:
        values = whole.before(change)
        before = _state(change, _all(kind, values) if kind and values else _changed(change, 0))
    if change.action is not Action.DELETE:
        values = whole.after(kind, change) if kind else None
        after = _state(change, _all(kind, values) if kind and values else _changed(change, 1))
    return before, after


def _all(kind: Kind, values: Sequence[Any]) -> Pairs:
    return [(kind.by_path[path], value) for path, value in whole.shown(kind, values).items()]


def _changed(change: Change, which: int) -> Pairs:
    """The values of the changed fields, before (0) or after (1)."""
    return [(item.field, item.shown[which]) for item in change.fields if item.shown[which] is not None]


def _state(change: Change, pairs: Pairs) -> _State:
    known = {} if change.id is None else {"id": change.id}
    hidden = [(field, True) for field, _ in pairs if field.sensitive]
    return _State(known | _nested(pairs), _nested(hidden))


def _nested(pairs: Pairs) -> dict[str, Any]:
    """`widget.call_time` as `{"widget": {"call_time": …}}`."""
    made: dict[str, Any] = {}
    for field, value in pairs:
        inner = made
        for key in field.keys[:-1]:
            inner = inner.setdefault(key, {})
        inner[field.name] = value
    return made
