"""The edge to the network: sends requests that are signed, and repeats what may be repeated.

Importing this module imports requests; a provider does so only when an account is really used.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from reconcile.errors import BadAnswer, CircuitOpen, ConnectionFailed, NotSent, ProviderError
from reconcile.model.hosts import is_exposed, is_loopback, origin
from reconcile.model.state import Account
from reconcile.providers.http.bounded import Bounded
from reconcile.providers.http.circuit import Circuit, answered, speaks_of_the_service
from reconcile.providers.http.edges import Edges, Timeouts
from reconcile.providers.http.failures import explained
from reconcile.providers.http.limiter import Limiter
from reconcile.providers.http.protocol import HttpAnswer, HttpRequest, Request
from reconcile.providers.http.retries import (
    TRIES,
    Repeat,
    held_back,
    may_have_happened,
    pause,
    too_many,
    worth_repeating,
)

MAX_BODY: Final = 256 * 1024 * 1024
_CHUNK: Final = 1024 * 1024

#: From an answer to its JSON, or to the exception that it stands for; the texts are secrets to be kept out of messages.
Parse = Callable[[Request, HttpAnswer, Collection[str]], Any]

#: What may name certificates in the environment; requests knows both.
_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

log = logging.getLogger("reconcile.http")
# It writes the URLs of answers with odd headers into the log, and with them the signatures.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


def _settings(account: Account) -> Mapping[str, Any]:
    """How to reach an account's service: by which proxy, and whose certificates are trusted. Raises `ProviderError`.

    Certificates are always verified. The environment may name others that are trusted in the place of the usual ones
    (`REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`), and proxies. Plain http is for this machine, so that no proxy hears it.
    """
    url, who = account.base_url, f"account {account.name}"
    try:
        with requests.Session() as session:
            found = session.merge_environment_settings(url, {}, False, None, None)
    except ValueError:
        raise ProviderError(f"{who}: base_url is not a usable URL") from None
    if is_exposed(url) and not account.allow_http:
        raise ProviderError(f"{who}: plain http to another machine ({origin(url)}) needs `allow_http`")
    bundle = found["verify"] if isinstance(found["verify"], str) else ""
    if bundle and not Path(bundle).exists():
        name = next(name for name in _BUNDLES if os.environ.get(name) == bundle)
        raise ProviderError(f"{who}: {name} is {bundle}, and there is no such file or folder; certificates are needed")
    proxies = {} if is_loopback(url) else dict(found["proxies"])
    return {"verify": bundle or True, "cert": found["cert"], "proxies": proxies}


def _may_be_cut(response: requests.Response) -> bool:
    """Whether an answer without a body may be one whose headers were cut off, which `http.client` takes for their end.

    A whole one says how long it is, or that it ends with the connection.
    """
    told = any(name in response.headers for name in ("Content-Length", "Transfer-Encoding", "Connection"))
    return not told and response.raw.version == 11 and response.status_code not in (204, 304)


class Transport:
    """One account's connections to its service; safe to use from several threads.

    `clock_ahead` is by how many seconds the service's clock was ahead of ours, by its last answer.
    """

    def __init__(self, account: Account, *, parse: Parse, parallelism: int, edges: Edges) -> None:
        self.clock_ahead: float | None = None
        self._account = account
        self._parse = parse
        self._edges = edges
        self._timeouts = edges.timeouts or Timeouts.of(account.timeout)
        self._ended = threading.Event()
        self._limiter = Limiter(account.requests_per_second, edges.clock)
        self._circuit = Circuit(parallelism, edges.clock)
        self._worked: tuple[Request, HttpRequest] | None = None  # the last read that did
        # Lists of several owners are read at once, each perhaps with requests of its own: together no more than these.
        self._slots = threading.BoundedSemaphore(parallelism)
        # An adapter without a session: a thread-safe pool, no cookies, no redirects, no settings merged a request.
        self._adapter = Bounded(parallelism, self._timeouts.whole, edges.clock)
        self._settings = _settings(account)

    def send(self, request: Request, http: HttpRequest, secrets: Collection[str]) -> Any:
        """The JSON of the first answer that is one, of as many tries as `retries` allows.

        Raises the `ProviderError` of the last try, which is `in_doubt` where one of them may have done its work.
        """
        failures: list[ProviderError] = []

        def attempt() -> Any:
            try:
                return self._tried(request, http, secrets, len(failures) + 1)
            except NotSent:
                if failures:  # so that what was sent is not said to be unsent
                    raise failures[-1] from None
                raise
            except ProviderError as error:
                # Without the frames that it came through: they keep the answer, which may be large.
                failures.append(error.with_traceback(None))
                raise

        try:
            return self._repeated(request, attempt, failures)
        except ProviderError as error:
            error.in_doubt = any(map(may_have_happened, failures))
            if too_many(error):
                self._count(request, error, self._edges.clock(), len(failures))
            raise

    def _repeated(self, request: Request, attempt: Callable[[], Any], failures: Sequence[ProviderError]) -> Any:
        """What an attempt gives, the first one or one after it; `failures` are those of the attempts so far."""
        first: list[ProviderError] = []
        try:
            return attempt()  # nearly always that is all, and what repeats need not be imported
        except ProviderError as error:
            if self.ended or not worth_repeating(error, request.repeat):
                raise
            first.append(error)
        import tenacity

        def again() -> Any:
            if first:
                raise first.pop()
            return attempt()

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(TRIES) | tenacity.stop_when_event_set(self._ended),
            retry=tenacity.retry_if_exception(lambda error: worth_repeating(error, request.repeat)),
            wait=lambda state: pause(failures[-1], state.attempt_number, self._edges.random),
            sleep=self.pause,
            reraise=True,
        )
        return retrying(again)

    def pause(self, seconds: float) -> None:
        """Lets time go by; not beyond the end of the run."""
        self._edges.wait(self._ended, seconds)

    @property
    def ended(self) -> bool:
        """Whether the run is over, or is to be soon: nothing is waited for, and nothing repeated."""
        return self._ended.is_set()

    def stop(self) -> None:
        """Ends all pauses; requests under way end, but are not repeated."""
        self._ended.set()

    def close(self) -> None:
        """Closes idle connections; requests under way end, but are not repeated."""
        self.stop()
        self._adapter.close()

    # --- one request --------------------------------------------------------------------------------------------------

    def _tried(self, request: Request, http: HttpRequest, secrets: Collection[str], attempt: int) -> Any:
        """Sends once, as soon as there is a connection to spare and it is its turn; learns from what comes of it."""
        with self._slots:
            self._await_turn(request)
            if self.ended and request.repeat is Repeat.NEVER:
                raise NotSent(f"{request} was not sent, because the run is being stopped")
            began = self._edges.clock()
            try:
                content = self._parse(request, self._exchange(request, http, attempt), secrets)
            except ProviderError as error:
                self._learn(request, error, began)
                raise
        self._limiter.recover(began)
        if not request.credentials:
            self._circuit.worked()
            if request.method == "GET":
                self._worked = (request, http)
        return content

    def _await_turn(self, request: Request) -> None:
        """Waits for the limiter. Raises `NotSent` where the run ends before."""
        turn = self._limiter.turn()
        while True:
            if self._circuit.why:
                raise CircuitOpen(self._circuit.why)
            left = turn - self._edges.clock()
            if left <= 0:
                return
            if self.ended:
                raise NotSent(f"{request} was not sent, because the run is being stopped")
            self.pause(left)
            turn = self._limiter.confirmed(turn)

    def _learn(self, request: Request, error: ProviderError, began: float) -> None:
        """What a failure says to all other requests of the account."""
        wanted = held_back(error)
        if wanted is not None:
            self._limiter.pause(wanted)
        if too_many(error):
            if self._limiter.slow_down(began):
                log.info("account %s: too many requests; now %.2g a second", self._account.name, self._limiter.rate)
        elif speaks_of_the_service(error):
            self._count(request, error, began, 1)
        elif not request.credentials:
            self._circuit.worked()

    def _count(self, request: Request, error: ProviderError, began: float, tries: int) -> None:
        """Adds to the failures in a row, and ends the run where they are enough.

        One site that can't be read makes every bulk read with it fail. Where nothing else has failed, and something
        that could be read before still can, it is not the service.
        """
        provable = request.method == "GET" and answered(error)
        if not self._circuit.failed(began, tries, provable=provable):
            return
        if self._circuit.provable_row and self._still_works():
            self._circuit.worked()
            return
        self._circuit.open(
            f"all of the last {self._circuit.enough} tries failed, and nothing more is sent to account "
            f"{self._account.name} in this run; run it again when the service can be reached. The last failure: {error}"
        )
        self._ended.set()

    def _still_works(self) -> bool:
        """Whether what could be read before still can, or is answered at least."""
        if self._worked is None:
            return False
        request, http = self._worked
        try:
            self._parse(request, self._exchange(request, http, 1), ())
        except ProviderError as error:
            return not speaks_of_the_service(error) and not too_many(error)
        return True

    def _exchange(self, request: Request, http: HttpRequest, attempt: int) -> HttpAnswer:
        """Sends once. Raises `ConnectionFailed`, and `BadAnswer` for a body beyond all measure."""
        started = self._edges.clock()
        status: int | str = "failed"
        try:
            response = self._send(request, http)
            try:
                status = response.status_code
                body = b"".join(self._chunks(request, response, started))
                if not body and _may_be_cut(response):
                    raise ConnectionFailed(f"{request}: the answer stopped in its headers")
            finally:
                response.close()
        except (requests.RequestException, HTTPError, OSError) as error:
            reason, sent = explained(error)
            raise ConnectionFailed(f"{request}: {reason} ({origin(self._account.base_url)})", sent=sent) from None
        finally:
            log.debug(
                "%s %s %.0f ms attempt %d", request.logged, status, (self._edges.clock() - started) * 1000, attempt
            )
        headers = {name.lower(): value for name, value in response.headers.items()}
        answer = HttpAnswer(response.status_code, headers, body, self._edges.wall_clock())
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
            **self._settings,
        )

    def _chunks(self, request: Request, response: requests.Response, started: float) -> Iterator[bytes]:
        """The body as it comes. Each chunk is what is there, so that an answer that only drips is noticed."""
        size = 0
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > MAX_BODY:
                # With its status: a call or a payment that is answered so may have been done.
                what = f"{request}: the answer is larger than {MAX_BODY >> 20} MiB"
                raise BadAnswer(what, status=response.status_code)
            if self._edges.clock() - started > self._timeouts.whole:
                raise ConnectionFailed(f"{request}: the answer was not complete after {self._timeouts.whole:g} s")
            yield chunk
