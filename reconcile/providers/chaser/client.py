"""One account's way to the service: signs, and says what a refusal means."""

from __future__ import annotations

from typing import Any, Final

from reconcile.errors import BadAnswer, Rejected, ServiceError
from reconcile.model.state import Account
from reconcile.providers.chaser.protocol import signed
from reconcile.providers.http.edges import Edges
from reconcile.providers.http.protocol import Request, parse
from reconcile.providers.http.transport import Transport
from reconcile.providers.http.words import one_line, without_secrets

#: What a person should look at, by the status of the refusal (api.md, section 2: 401 not authorised, 403 forbidden).
_ADVICE: Final = {
    401: "check uid (Chaser's client_id) and api_key (its private key)",
    403: "check api_key (Chaser's private key), and that the account may use the API and this website",
}


class Client:
    """Calls the service; safe to use from several threads. The parameters are those of `Transport`."""

    def __init__(self, account: Account, *, parallelism: int, edges: Edges) -> None:
        self.account = account
        self.parallelism = parallelism
        self.edges = edges
        self._secrets = (account.api_key, account.uid)
        self.transport = Transport(account, parse=parse, parallelism=parallelism, edges=edges)

    @property
    def clock_ahead(self) -> float | None:
        """Seconds by which the service's clock was ahead of ours, by its last answer."""
        return self.transport.clock_ahead

    def call(self, request: Request) -> Any:
        """Sends the request and gives the JSON of its answer, None for a write without one. Raises `ProviderError`."""
        account = self.account
        http = signed(request, account.base_url, account.uid, account.api_key)
        try:
            return self.transport.send(request, http, self._secrets)
        except Rejected as error:
            raise self._refused(error) from None
        except (ServiceError, BadAnswer) as error:
            if error.status == 404:
                raise type(error)(f"{error}; {self._not_found(request)}", status=404) from None
            raise

    def said(self, text: str) -> str:
        """A text of the service, fit for a message."""
        return one_line(without_secrets(text, self._secrets), 300)

    def stop(self) -> None:
        """Ends all pauses; requests under way end, but are not repeated."""
        self.transport.stop()

    def close(self) -> None:
        """Closes idle connections; requests under way end, but are not repeated."""
        self.transport.close()

    def _refused(self, error: Rejected) -> Rejected:
        advice = _ADVICE.get(error.status, _ADVICE[401])
        return Rejected(
            f"the service refuses account {self.account.name}: {error}; {advice}",
            status=error.status,
            code=error.code,
            retry_after=error.retry_after,
        )

    def _not_found(self, request: Request) -> str:
        if "site_id" in request.params:
            return f"is website {request.params['site_id']} still in account {self.account.name}?"
        return "is base_url right? It usually ends in /v1"
