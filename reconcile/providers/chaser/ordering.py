"""A call that is to be made: its parameters, and what the answer says of it (api.md, section 2, call 31). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from reconcile.errors import ServiceError
from reconcile.model.normalize import did_you_mean, quoted, read_integer, read_text, read_written_phone
from reconcile.providers.activities import CallOrder
from reconcile.providers.chaser import assumed
from reconcile.providers.chaser.capabilities import CALL_OPTIONS
from reconcile.providers.chaser.codec import first, text_of
from reconcile.providers.http.shapes import Json, identifier


def phone_digits(raw: Any) -> int:
    """A phone as the service wants it: its digits, country code first, as a whole number. Raises `ValueError`."""
    canonical = read_written_phone(raw)
    if not canonical:
        raise ValueError(f"expected a phone number such as +7 495 123-45-67, got {quoted(raw)}")
    return int(canonical.lstrip("+"))


_ACTIONS: Final = {"create_lead": "create_leed", "always_call": "always_call"}  # the service's own spelling
_ONLY_QUEUED: Final = ("call_stack_start_hour", "call_stack_interval")


def _action(raw: Any) -> str:
    if raw not in _ACTIONS:
        raise ValueError(f"expected {' or '.join(_ACTIONS)}, got {quoted(raw)}")
    return _ACTIONS[raw]


def _up_to(greatest: int) -> Callable[[Any], int]:
    def read(raw: Any) -> int:
        number = read_integer(raw)
        if not 0 <= number <= greatest:
            raise ValueError(f"expected a number from 0 to {greatest}, got {number}")
        return number

    return read


#: How each optional parameter is spelled, in the order in which the service documents them, and in which they are sent.
_SPELLED: Final[Mapping[str, Callable[[Any], int | str]]] = {
    "manager_phone": phone_digits,
    "planned_time": int,
    "active_page": read_text,
    "client_ip": read_text,
    "message_on_ring": read_text,
    "nwt_action": _action,
    "call_stack_start_hour": _up_to(24),
    "call_stack_interval": _up_to(60),
    "referrer": read_text,
}


def call_params(site: int, order: CallOrder) -> dict[str, int | str]:
    """The parameters of a call, in the order in which the service documents them. Raises `ValueError`.

    An option without a value is not sent, and neither is the time of a call that is to be made now.
    """
    given = {name: value for name, value in order.options.items() if value not in (None, "")}
    for name in given:
        if name not in CALL_OPTIONS:
            hint = did_you_mean(name, CALL_OPTIONS)
            raise ValueError(f"a call at Chaser takes no {name}{hint}; it takes {', '.join(CALL_OPTIONS)}")
    queued = [name for name in _ONLY_QUEUED if name in given]
    if queued and given.get("nwt_action") != "always_call":
        raise ValueError(f"{' and '.join(queued)} can be sent only with nwt_action: always_call")
    if order.at is not None:
        given["planned_time"] = order.at.timestamp()
    params: dict[str, int | str] = {"site_id": site, "client_phone": phone_digits(order.phone)}
    for name, spell in _SPELLED.items():
        if name in given:
            try:
                params[name] = spell(given[name])
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
    return params


def made_call(raw: Any, what: str, said: Callable[[str], str]) -> str:
    """The id of the call that was made, an empty text where the answer tells none.

    Raises `ServiceError` where the answer says that it was not made; `said` makes the service's words fit for a
    message.
    """
    for _ in range(4):  # deeper wrapping than anybody has seen
        if isinstance(raw, list) and len(raw) == 1:
            raw = raw[0]
        if raw is False or (isinstance(raw, dict) and _is_refusal(raw)):
            reason = text_of(first(raw, assumed.REASON_KEYS)) if isinstance(raw, dict) else ""
            raise ServiceError(f"{what}: the service did not take the call: {said(reason) or 'no reason'}", status=200)
        if not isinstance(raw, dict):
            break
        own = text_of(first(raw, assumed.ID_KEYS))
        if own:
            return own
        raw = first(raw, assumed.OBJECT_KEYS)
    return str(identifier(raw) or "")


def _is_refusal(raw: Json) -> bool:
    """Whether an answer says so clearly; a bare number as a state does not, for 0 is a success to some."""
    flags = [raw.get(key) for key in assumed.SUCCESS_KEYS]
    states = [raw.get(key) for key in assumed.TAKEN_KEYS]
    return any(str(flag).lower() in ("0", "false") for flag in flags) or any(
        str(state).strip().lower() in assumed.REFUSED for state in states
    )
