"""What one account's service may repeat and nobody may see: its secrets, and the tokens and signatures of late."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from reconcile.model.state import Account
from reconcile.providers.http.protocol import HttpRequest
from reconcile.providers.http.words import named_hidden, without_known

#: So many tokens and signatures are remembered; older ones are worth nothing, or soon will be.
_REMEMBERED: Final = 64
#: Names of fields, without punctuation, whose values are never shown.
_NAMES: Final = ("password", "passwd", "apikey", "privatekey", "securitykey", "token", "accesstoken", "sign", "secret")


class Hiding:
    """The secrets around one account; safe to use from several threads.

    Those of the other accounts and of all clients count, too: a service that shows one of them may have it from us.
    """

    def __init__(self, account: Account) -> None:
        own = (account.api_key, account.next_key or "", account.uid)
        self._always = tuple(dict.fromkeys((*own, *account.project_secrets)))
        self._late: deque[str] = deque(maxlen=_REMEMBERED)

    def note(self, http: HttpRequest, token: str = "") -> None:
        """Remembers what a request is signed with."""
        self._late.extend(text for text in (http.signature, token) if text and text not in self._late)

    @property
    def known(self) -> tuple[str, ...]:
        """What is kept out of messages."""
        return (*self._always, *tuple(self._late))

    def details(self, raw: Any) -> Any:
        """What a service tells of something, without fields that are secret, and secrets in other fields."""
        secrets = tuple(text for text in self.known if len(text) >= 8)
        return _without(raw, secrets)


def _without(raw: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(raw, str):
        return named_hidden(without_known(raw, secrets))
    if isinstance(raw, dict):
        return {
            without_known(key, secrets): _without(value, secrets)
            for key, value in raw.items()
            if "".join(c for c in key.lower() if c.isalnum()) not in _NAMES
        }
    return [_without(value, secrets) for value in raw] if isinstance(raw, list) else raw
