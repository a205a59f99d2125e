"""One account's way to the service: signs, keeps a token, and says what a refusal means."""

from __future__ import annotations

from typing import Any, Final

from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError, Rejected, ServiceError
from reconcile.model.state import Account
from reconcile.providers.http.clock import CLOCK_TOLERANCE, clock_difference
from reconcile.providers.http.edges import Edges
from reconcile.providers.http.hiding import Hiding
from reconcile.providers.http.protocol import Request
from reconcile.providers.http.retries import Repeat
from reconcile.providers.http.transport import Transport
from reconcile.providers.pozvonim.assumed import CREDENTIALS_CODE, SECRET_KEYS
from reconcile.providers.pozvonim.protocol import TOKEN, GivenToken, given_token, parse, signed, token_request
from reconcile.providers.pozvonim.tokens import Token, Tokens

#: How many tokens one request may use up: a service may limit how long, or how often, a token works.
RENEWALS: Final = 8

#: What a 404 means where the token is asked for.
_WRONG_BASE: Final = "; is base_url right? It usually ends in /v2u"


class Client:
    """Calls the service; safe to use from several threads. The parameters are those of `Transport`."""

    def __init__(self, account: Account, *, parallelism: int, edges: Edges) -> None:
        self.account = account
        self.parallelism = parallelism
        self.edges = edges
        #: The API key that the service took last: the account's, or the one that `profile:` declares.
        self.key = account.api_key
        self.transport = Transport(account, parse=parse, parallelism=parallelism, edges=edges)
        self.tokens = Tokens(self._fetch_token, edges.clock)
        self.hiding = Hiding(account)

    @property
    def clock_ahead(self) -> float | None:
        """Seconds by which the service's clock was ahead of ours, by its last answer."""
        return self.transport.clock_ahead

    @property
    def key_warning(self) -> str:
        """What a person should know of the key that the service takes; empty where it is the account's own."""
        if self.key == self.account.api_key:
            return ""
        return (
            "the service takes the API key of `profile:`, and the account's own no more; "
            f"set {self.account.name}'s `api_key` to it"
        )

    def call(self, request: Request) -> Any:
        """Sends the request and gives the JSON of its answer, None for a write without one. Raises `ProviderError`.

        A rejected request did nothing, so that it may be sent again with a new token: as long as tokens that are
        rejected have worked before, and once for one that never has. One that is never to be repeated is not.
        """
        token = self.tokens.current()
        unproven = 0
        in_doubt = False
        for _ in range(RENEWALS):
            try:
                answer = self._sent(request, token)
            except Rejected as error:
                rejected = error
                rejected.in_doubt = in_doubt = in_doubt or error.in_doubt
                unproven += not self.tokens.proven(token)
                if unproven > 1 or request.repeat is Repeat.NEVER:
                    break
                try:
                    token = self.tokens.renew(token)
                except ProviderError as unrenewed:
                    unrenewed.in_doubt = in_doubt
                    raise
            except ProviderError as error:
                error.in_doubt |= in_doubt
                raise
            else:
                self.tokens.prove(token)
                return answer
        granted = self.tokens.ever_proven or (
            rejected.status == 403 and not CREDENTIALS_CODE.search(rejected.code.upper())
        )
        explained = self._forbidden(rejected) if granted else self._refused(rejected)
        explained.in_doubt = in_doubt
        raise explained from None

    def stop(self) -> None:
        """Ends all pauses; requests under way end, but are not repeated."""
        self.transport.stop()

    def close(self) -> None:
        """Closes idle connections; requests under way end, but are not repeated."""
        self.transport.close()

    def _sent(self, request: Request, token: Token) -> Any:
        account = self.account
        http = signed(request, account.base_url, account.uid, token.text, account.encoding)
        sent = (str(value) for key, value in request.params.items() if key in SECRET_KEYS)  # passwords, new keys
        self.hiding.note(http, token.text)
        return self.transport.send(request, http, (*self.hiding.known, *sent))

    def _fetch_token(self) -> GivenToken:
        """A token for the key that worked last, or else for the other one: a change of keys may just be done."""
        keys = dict.fromkeys(filter(None, [self.key, self.account.api_key, self.account.next_key]))
        refused: Rejected | None = None
        for key in keys:
            http = token_request(self.account.base_url, self.account.uid, key)
            self.hiding.note(http)
            try:
                content = self.transport.send(TOKEN, http, self.hiding.known)
            except Rejected as error:
                refused = refused or error
            except ProviderError as error:
                raise self._without_token(error) from None
            else:
                self.key = key
                return given_token(content)
        assert refused is not None
        raise self._without_token(refused)

    # --- what a refusal means -----------------------------------------------------------------------------------------

    def _without_token(self, error: ProviderError) -> ProviderError:
        """Why there is no token. Whatever it was for has not been sent, and a 404 is not about that."""
        match error:
            case Rejected():
                return self._refused(error, _WRONG_BASE if error.status == 404 else "")
            case ConnectionFailed():
                return ConnectionFailed(str(error), sent=False)
            case ServiceError(status=404) | BadAnswer(status=404):
                return BadAnswer(f"{error}{_WRONG_BASE}", status=404)
        return error

    def _forbidden(self, error: Rejected) -> Rejected:
        """Why one request is refused, where others are not."""
        done = "" if error.in_doubt else "nothing was done. "
        return Rejected(
            f"{error}; {done}The service gives account {self.account.name} tokens: it may have no right to "
            "this, or the token was lost on the way, and the next try has a new one",
            status=error.status,
            code=error.code,
            retry_after=error.retry_after,
        )

    def _refused(self, error: Rejected, more: str = "") -> Rejected:
        advice = "check uid and api_key, and that the API is enabled in the account's profile" + more
        if self.account.next_key not in (None, self.account.api_key):
            advice += "; the key of `profile:` is refused, too: if a run changed the key to another one, use that"
        ahead = self.clock_ahead
        if ahead is not None and abs(ahead) > CLOCK_TOLERANCE:
            advice += f"; the service's clock is {clock_difference(ahead)} this machine's"
        return Rejected(
            f"the service refuses the credentials of account {self.account.name}: {error}; {advice}",
            status=error.status,
            code=error.code,
            retry_after=error.retry_after,
        )
