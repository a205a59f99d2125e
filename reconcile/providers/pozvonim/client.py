"""The edge to the network: sends signed requests, repeats what may be repeated, renews the token.

Importing this module imports requests and tenacity; `provider` does so only when an account is really used.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import requests
import tenacity
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError, Rejected, ServiceError
from reconcile.model.state import Account
from reconcile.providers.pozvonim.assumed import CLOCK_TOLERANCE
from reconcile.providers.pozvonim.failures import explained
from reconcile.providers.pozvonim.protocol import (
    TOKEN,
    GivenToken,
    HttpAnswer,
    HttpRequest,
    Request,
    given_token,
    origin,
    parse,
    signed,
    token_request,
)
from reconcile.providers.pozvonim.retries import TRIES, Repeat, pause, worth_repeating
from reconcile.providers.pozvonim.tokens import Token, Tokens

MAX_BODY: Final = 256 * 1024 * 1024
_CHUNK: Final = 1024 * 1024
#: How many tokens one request may use up: a service may limit how long, or how often, a token works.
RENEWALS: Final = 8

#: What a 404 means where the token is asked for.
_WRONG_BASE: Final = "; is base_url right? It usually ends in /v2u"

log = logging.getLogger("reconcile.http")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect; without a byte, of a usual and of a slow request; for a whole answer."""

    connect: float = 10.0
    read: float = 60.0
    slow: float = 300.0
    whole: float = 900.0


class Client:
    """One account's way to the service; safe to use from several threads.

    `clock` is monotonic, `wall_clock` Unix time, both in seconds; `random` gives 0.0 to 1.0.
    """

    def __init__(
        self,
        account: Account,
        *,
        parallelism: int,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
        timeouts: Timeouts,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.account = account
        self.clock_ahead: float | None = None
        self._clock = clock
        self._wall_clock = wall_clock
        self._sleep = sleep
        self._random = random
        self._timeouts = timeouts
        self._closed = threading.Event()
        # An adapter without a session: a thread-safe pool, no cookies, no redirects, no settings merged a request.
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=parallelism)
        try:
            with requests.Session() as session:
                self._settings = session.merge_environment_settings(account.base_url, {}, False, None, None)
        except ValueError:
            raise ProviderError(f"account {account.name}: base_url is not a usable URL") from None
        self.tokens = Tokens(self._fetch_token, clock)

    def call(self, request: Request) -> Any:
        """Sends the request and gives the JSON of its answer, None for a write without one. Raises `ProviderError`.

        A rejected request did nothing, so that it may be sent again with a new token: as long as tokens that are
        rejected have worked before, and once for one that never has. One that is never to be repeated is not.
        """
        token = self.tokens.current()
        unproven = 0
        for _ in range(RENEWALS):
            try:
                answer = self._repeated(request, token)
            except Rejected as error:
                rejected = error
                unproven += not self.tokens.proven(token)
                if unproven > 1 or request.repeat is Repeat.NEVER:
                    break
                token = self.tokens.renew(token)
            else:
                self.tokens.prove(token)
                return answer
        raise self._refused(rejected) from None

    def close(self) -> None:
        """Closes idle connections; requests under way end, but are not repeated."""
        self._closed.set()
        self._adapter.close()

    # --- tries --------------------------------------------------------------------------------------------------------

    def _repeated(self, request: Request, token: Token) -> Any:
        account = self.account
        http = signed(request, account.base_url, account.uid, token.text, account.encoding)
        return self._tries(request, http, (token.text, account.api_key, account.uid))

    def _fetch_token(self) -> GivenToken:
        http = token_request(self.account.base_url, self.account.uid, self.account.api_key)
        try:
            content = self._tries(TOKEN, http, (self.account.api_key, self.account.uid))
        except ProviderError as error:
            raise self._without_token(error) from None
        return given_token(content)

    def _tries(self, request: Request, http: HttpRequest, secrets: tuple[str, ...]) -> Any:
        """The JSON of the first answer that is one, of as many tries as `retries` allows."""
        attempts = itertools.count(1)
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(TRIES) | tenacity.stop_when_event_set(self._closed),
            retry=tenacity.retry_if_exception(lambda error: worth_repeating(error, request.repeat)),
            wait=lambda state: pause(
                state.outcome.exception() if state.outcome else None, state.attempt_number, self._random
            ),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(lambda: parse(request, self._answer(request, http, next(attempts)), secrets))

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

    def _refused(self, error: Rejected, more: str = "") -> Rejected:
        advice = "check uid and api_key, and that the API is enabled in the account's profile" + more
        ahead = self.clock_ahead
        if ahead is not None and abs(ahead) > CLOCK_TOLERANCE:
            advice += f"; the service's clock is {clock_difference(ahead)} this machine's"
        return Rejected(
            f"the service refuses the credentials of account {self.account.name}: {error}; {advice}",
            status=error.status,
            code=error.code,
            retry_after=error.retry_after,
        )

    # --- one request --------------------------------------------------------------------------------------------------

    def _answer(self, request: Request, http: HttpRequest, attempt: int) -> HttpAnswer:
        """Sends once. Raises `ConnectionFailed`, and `BadAnswer` for a body beyond all measure."""
        started = self._clock()
        status: int | str = "failed"
        try:
            response = self._send(request, http)
            try:
                status = response.status_code
                body = b"".join(self._chunks(request, response, started))
            finally:
                response.close()
        except (requests.RequestException, HTTPError, OSError) as error:
            reason, sent = explained(error)
            raise ConnectionFailed(f"{request}: {reason} ({origin(self.account.base_url)})", sent=sent) from None
        finally:
            log.debug("%s %s %.0f ms attempt %d", request.logged, status, (self._clock() - started) * 1000, attempt)
        headers = {name.lower(): value for name, value in response.headers.items()}
        answer = HttpAnswer(response.status_code, headers, body, self._wall_clock())
        self.clock_ahead = answer.clock_ahead
        return answer

    def _send(self, request: Request, http: HttpRequest) -> requests.Response:
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.body = http.method, http.url, http.body
        prepared.headers = CaseInsensitiveDict(http.headers)
        prepared.headers["Accept-Encoding"] = "gzip, deflate"
        if http.body is not None:
            prepared.headers["Content-Length"] = str(len(http.body))
        read = self._timeouts.slow if request.slow else self._timeouts.read
        return self._adapter.send(
            prepared,
            stream=True,
            timeout=(self._timeouts.connect, read),
            verify=True if self._settings["verify"] is None else self._settings["verify"],
            cert=self._settings["cert"],
            proxies=dict(self._settings["proxies"]),
        )

    def _chunks(self, request: Request, response: requests.Response, started: float) -> Iterator[bytes]:
        """The body as it comes. Each chunk is what is there, so that an answer that only drips is noticed."""
        size = 0
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > MAX_BODY:
                raise BadAnswer(f"{request}: the answer is larger than {MAX_BODY >> 20} MiB", status=0)
            if self._clock() - started > self._timeouts.whole:
                raise ConnectionFailed(f"{request}: the answer was not complete after {self._timeouts.whole:g} s")
            yield chunk


# --- words ------------------------------------------------------------------------------------------------------------


def clock_difference(ahead: float) -> str:
    """`3 h 2 min ahead of`, `40 s behind`; `ahead` in seconds."""
    seconds = round(abs(ahead))
    hours, minutes = divmod(round(seconds / 60), 60)
    size = f"{seconds} s" if seconds < 60 else f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return f"{size} {'ahead of' if ahead > 0 else 'behind'}"
