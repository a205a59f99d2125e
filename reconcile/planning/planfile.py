"""A saved plan: JSON with a version, the project that it belongs to, and a digest over all of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from reconcile.errors import PlanFileError
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import Kinds, kinds, raw_keys
from reconcile.model.resource import Membership
from reconcile.model.rollout import OnFailure
from reconcile.model.state import Account
from reconcile.planning.plan import HIDDEN, Change, Diagnostic, FieldChange, ManualStep, Plan, Severity
from reconcile.planning.summary import summary_by
from reconcile.planning.whole import Parts, Pool, after, before, read_whole

if TYPE_CHECKING:
    from reconcile.planning.waves import InWaves

FORMAT_VERSION: Final = "1.0"
#: How the text of a saved plan begins; a report in JSON, which is indented by more, and Terraform's begin otherwise.
BEGINNING: Final = '{\n "format_version": '
_CHANGING: Final = tuple(action.value for action in (Action.CREATE, Action.UPDATE, Action.DELETE))

#: A secret's value by the address of a resource and the path of a field, both of which a saved plan names.
Secrets = Callable[[Address, str], Any]


def plan_data(plan: Plan) -> dict[str, Any]:
    """The plan as plain data (design, section 4): what `--format json` prints.

    `summary_by` has the numbers by account, group and shared object, `undeclared` how many live sites of each account
    are in no file and left alone. `complete` is false where something could not be planned, so that the numbers are
    not all there is. Where `apply` would go in waves, `rollout` says how, and `wave` of each change in which it is.
    """
    return {
        "format_version": FORMAT_VERSION,
        "summary": plan.summary,
        "summary_by": summary_by(plan),
        "undeclared": dict(plan.undeclared),
        "complete": not plan.errors,
        **_rollout_data(plan),
        "changes": _changes_data(plan),
        "diagnostics": [diagnostic_data(said) for said in plan.diagnostics],
        "manual": [{"address": step.address, "message": step.message} for step in plan.manual],
    }


def _changes_data(plan: Plan) -> list[dict[str, Any]]:
    if plan.rollout is None:
        return [_change_data(change) for change in plan.changes]
    places = {id(change): wave.number for wave in plan.rollout.waves for change in wave.changes}
    return [{**_change_data(change), "wave": places[id(change)]} for change in plan.changes]


def _rollout_data(plan: Plan) -> dict[str, Any]:
    """In which waves `apply` would go; nothing where it goes all at once."""
    made = plan.rollout
    if made is None:
        return {}
    data = {
        "of_waves": made.of_waves,
        "waves": [
            {"wave": wave.number, "name": wave.name, "sites": wave.sites, "changes": len(wave.changes)}
            for wave in made.waves
        ],
        "pause": made.pause,
        "gates": list(made.gates),
        "max_failures": made.max_failures,
        "on_failure": made.on_failure.value,
        "left_out": list(made.left_out),
    }
    return {"rollout": data}


def diagnostic_data(said: Diagnostic) -> dict[str, Any]:
    """What is said of a plan; where a policy says it, its name and place, and where the resource is declared."""
    data = {"severity": said.severity.value, "address": said.address, "message": said.message}
    if not said.rule:
        return data
    return data | {"rule": said.rule, "level": said.severity.value, "place": said.place, "declared": said.declared}


def _change_data(change: Change) -> dict[str, Any]:
    fields = []
    for item in change.fields:
        before, after = item.shown
        data = {"path": item.field.path, "before": before, "after": after}
        if item.field.sensitive:
            data["sensitive"] = True
        if item.field.money:
            data["money"] = True
        if item.field.undocumented:
            data["undocumented"] = True
        fields.append(data)
    under = {} if change.client is None else {"client": str(change.client)}
    member: dict[str, Any] = {
        "group": change.member.group,
        "labels": dict(change.member.labels),
        "uses": sorted(change.member.uses),
    }
    return {
        "address": str(change.address),
        "kind": change.address.kind,
        "account": change.address.account,
        "action": change.action.value,
        "reason": change.reason,
        "id": change.id,
        **under,
        **{key: value for key, value in member.items() if value},
        "fields": fields,
    }


def identity(accounts: Mapping[str, Account], home: str) -> str:
    """What a saved plan is bound to: the accounts at their services. `home` (the project folder) counts only for an
    emulated account, which lives in it.
    """
    parts = [
        [
            a.name,
            a.provider,
            a.base_url,
            home if a.base_url == "emulator" else "",
            hashlib.sha256(a.uid.encode()).hexdigest(),
        ]
        for _, a in sorted(accounts.items())
    ]
    return _digest(parts)


def account_key(account: Account, home: str) -> str:
    """What tells one live account from all others, whatever a project calls it; see `identity` for `home`.

    A hash, so that none of what it is made of is kept in the clear.
    """
    url = urlsplit(account.base_url)
    port = f":{url.port}" if url.port not in (None, 80, 443) else ""  # with or without encryption, it is one service
    where = f"{url.hostname}{port}{url.path.rstrip('/')}" if url.hostname else account.base_url
    return _digest([account.provider, where, home if account.base_url == "emulator" else "", account.uid])


def dump(plan: Plan, project: str) -> str:
    """The text of a saved plan that belongs to `project` (see `identity`)."""
    data = plan_data(plan)
    parts: list[dict[str, Any]] = []
    pools = {name: Pool(kind, parts) for name, kind in plan.kinds.items()}
    for change, entry in zip(plan.changes, data["changes"], strict=True):
        pool = pools[change.address.kind]
        entry["before"] = pool.numbers(before(change))
        entry["after"] = pool.numbers(after(pool.kind, change))
        entry["fingerprint"] = None if change.fingerprint is None else str(change.fingerprint)
        entry["context"] = [{"path": item.field.path, "value": item.shown[1]} for item in change.context]
        entry["prevent_destroy"] = change.prevent_destroy
        entry["owner"] = change.owner
        entry["together"] = None if change.together is None else str(change.together)
        entry["previous"] = change.previous
    data |= {
        "project": project,
        "parts": parts,
        "sizes": dict(plan.sizes),
        "declared": [[*key, number] for key, number in sorted(plan.declared.items())],
    }
    data["digest"] = _digest(data)
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def only(text: str, addresses: Collection[str]) -> str:
    """The saved plan with the changes of these addresses alone. Raises `PlanFileError` for what is no saved plan."""
    data = _checked(text)
    data["changes"] = [entry for entry in data["changes"] if entry["address"] in addresses]
    counts = Counter(entry["action"] for entry in data["changes"])
    data["summary"] = {key: counts[key] if key in _CHANGING else value for key, value in data["summary"].items()}
    data["digest"] = _digest(data)
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def load(text: str, project: str | None, secrets: Secrets | None) -> tuple[Plan, Kinds]:
    """The plan that `dump` saved, and the kinds of its resources; `project` None skips the question whose it is.

    No secret is in the file: `secrets` gives those that the project declares, None leaves them hidden.
    Raises `PlanFileError` for what is no plan, was edited, is of another version or of another project.

    The digest shows what was edited by mistake. It is no signature: who can write the file can make another digest, so
    that nothing in it is trusted to be of the right type.
    """
    data = _checked(text)
    if project is not None and data["project"] != project:
        raise PlanFileError(
            "the saved plan is from another project: its accounts are not the ones that are declared here; "
            "make a new one with `reconcile plan -o FILE`"
        )
    try:
        parts = data.get("parts", [])
        told = [item["path"] for entry in data["changes"] for item in entry["fields"] + entry["context"]]
        paths = {*told, *(path for part in parts for path in part)}
        known = kinds(keys for path in paths if (keys := raw_keys(path)) is not None)
        changes = tuple(_change(entry, known, parts, secrets) for entry in data["changes"])
        plan = Plan(
            changes,
            _natural(data["summary"]["noop"]),
            {_text(name): _natural(size) for name, size in data["sizes"].items()},
            tuple(
                Diagnostic(
                    Severity(entry["severity"]),
                    _text(entry["address"]),
                    _text(entry["message"]),
                    *(_text(entry.get(key, "")) for key in ("rule", "place", "declared")),
                )
                for entry in data["diagnostics"]
            ),
            tuple(ManualStep(_text(entry["address"]), _text(entry["message"])) for entry in data["manual"]),
            {(_text(by), _text(name)): _natural(number) for by, name, number in data.get("declared", ())},
            known,
            {_text(name): _natural(number) for name, number in data.get("undeclared", {}).items()},
            rollout=_rollout(data, changes),
        )
        if any(c.address.kind not in known or c.address.account not in plan.sizes for c in plan.changes):
            raise ValueError("a change of what is not counted")
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
        raise PlanFileError("the saved plan has fields that this version does not know; make a new one") from None
    return plan, known


def _checked(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
        whole = dict(data) if isinstance(data, dict) else {}
        digest = whole.pop("digest", None)
        fits = digest == _digest(whole)
    except (ValueError, RecursionError):
        data, whole, digest, fits = None, {}, None, False
    if not isinstance(data, dict) or not isinstance(data.get("format_version"), str):
        raise PlanFileError("this is not a saved plan; `reconcile plan -o FILE` writes one")
    if data["format_version"].split(".")[0] != FORMAT_VERSION.split(".")[0]:
        raise PlanFileError(
            f"the saved plan is of format {data['format_version'][:20]}, and this version reads {FORMAT_VERSION}; "
            "make a new one"
        )
    if digest is None:
        raise PlanFileError("this is a printed plan, not a saved one; `reconcile plan -o FILE` saves one")
    if not fits:
        raise PlanFileError("the saved plan was edited after it was made: its digest does not fit; make a new one")
    return whole


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are there once: two readers of the same file must not see two plans."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is there twice")
    return made


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise TypeError("expected text")
    return raw


def _natural(raw: Any, least: int = 0) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw < 2**63:
        raise TypeError("expected a number")
    return raw


def _change(entry: Mapping[str, Any], known: Kinds, parts: Parts, secrets: Secrets | None) -> Change:
    address = Address.parse(_text(entry["address"]))
    action = Action(entry["action"])

    def field(item: Mapping[str, Any], *, created: bool) -> FieldChange:
        found = known[address.kind].by_path[item["path"]]
        read = found.lenient.read if found.undocumented else found.lenient
        if found.sensitive:
            after = HIDDEN if secrets is None else secrets(address, found.path)
            return FieldChange(found, None if created else HIDDEN, after)
        return FieldChange(found, None if created else read(item["before"]), read(item["after"]))

    if action is Action.NOOP or (action is Action.CREATE) != (entry["id"] is None):
        raise ValueError("an action that does not go with its id")
    return Change(
        address,
        action,
        _text(entry["reason"]),
        # The profile of a service that gives it no id has the id 0.
        None if entry["id"] is None else _natural(entry["id"], 0 if address.kind == "profile" else 1),
        tuple(field(item, created=action is Action.CREATE) for item in entry["fields"]),
        tuple(
            field({"path": item["path"], "before": item["value"], "after": item["value"]}, created=False)
            for item in entry["context"]
        ),
        None if entry["fingerprint"] is None else _text(entry["fingerprint"]),
        bool(entry["prevent_destroy"]),
        None if entry["owner"] is None else _natural(entry["owner"], 1),
        client=_address(entry.get("client")),
        together=_address(entry.get("together")),
        previous=None if entry.get("previous") is None else _text(entry["previous"]),
        member=_member(entry),
        live=read_whole(known[address.kind], parts, entry.get("before")),
        desired=read_whole(known[address.kind], parts, entry.get("after")),
    )


def _rollout(data: Mapping[str, Any], changes: Sequence[Change]) -> InWaves | None:
    """The waves of the saved plan, each with its changes; None where it has none."""
    raw = data.get("rollout")
    if raw is None:
        return None
    from reconcile.planning.waves import InWaves, Wave

    of_wave: dict[int, list[Change]] = {}
    for entry, change in zip(data["changes"], changes, strict=True):
        of_wave.setdefault(_natural(entry["wave"], 1), []).append(change)
    numbers = [_natural(wave["wave"], 1) for wave in raw["waves"]]
    if len(set(numbers)) < len(numbers) or not of_wave.keys() <= set(numbers):
        raise ValueError("a change in a wave that is not there")
    return InWaves(
        tuple(
            Wave(number, _text(wave["name"]), tuple(of_wave.get(number, ())))
            for number, wave in zip(numbers, raw["waves"], strict=True)
        ),
        _natural(raw["of_waves"], len(numbers)),
        _seconds(raw["pause"]),
        tuple(_text(gate) for gate in raw["gates"]),
        _natural(raw["max_failures"]),
        OnFailure(raw["on_failure"]),
        tuple(_text(name) for name in raw["left_out"]),
    )


def _seconds(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw < 2**63:
        raise TypeError("expected seconds")
    return float(raw)


def _address(raw: Any) -> Address | None:
    return Address.parse(_text(raw)) if raw else None


def _member(entry: Mapping[str, Any]) -> Membership:
    group = entry.get("group")
    return Membership(
        MappingProxyType({_text(key): _text(value) for key, value in entry.get("labels", {}).items()}),
        None if group is None else _text(group),
        frozenset(_text(name) for name in entry.get("uses", [])),
    )


def _digest(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
