"""The edge to the network: sends requests that are signed, and repeats what may be repeated.

Importing this module imports requests and tenacity; a provider does so only when an account is really used.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

import requests
import tenacity
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError
from reconcile.model.hosts import is_exposed, origin
from reconcile.model.state import Account
from reconcile.providers.http.edges import Edges, Timeouts
from reconcile.providers.http.failures import explained
from reconcile.providers.http.protocol import HttpAnswer, HttpRequest, Request
from reconcile.providers.http.retries import TRIES, pause, worth_repeating

MAX_BODY: Final = 256 * 1024 * 1024
_CHUNK: Final = 1024 * 1024

#: From an answer to its JSON, or to the exception that it stands for; the texts are secrets to be kept out of messages.
Parse = Callable[[Request, HttpAnswer, Collection[str]], Any]

log = logging.getLogger("reconcile.http")


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
        self._closed = threading.Event()
        # Lists of several owners are read at once, each perhaps with requests of its own: together no more than these.
        self._slots = threading.BoundedSemaphore(parallelism)
        # An adapter without a session: a thread-safe pool, no cookies, no redirects, no settings merged a request.
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=parallelism)
        try:
            with requests.Session() as session:
                self._settings = session.merge_environment_settings(account.base_url, {}, False, None, None)
        except ValueError:
            raise ProviderError(f"account {account.name}: base_url is not a usable URL") from None
        if is_exposed(account.base_url) and not account.allow_http:
            raise ProviderError(
                f"account {account.name}: plain http to another machine ({origin(account.base_url)}) needs `allow_http`"
            )

    def send(self, request: Request, http: HttpRequest, secrets: Collection[str]) -> Any:
        """The JSON of the first answer that is one, of as many tries as `retries` allows. Raises `ProviderError`."""
        attempts = itertools.count(1)
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(TRIES) | tenacity.stop_when_event_set(self._closed),
            retry=tenacity.retry_if_exception(lambda error: worth_repeating(error, request.repeat)),
            wait=lambda state: pause(
                state.outcome.exception() if state.outcome else None, state.attempt_number, self._edges.random
            ),
            sleep=self.pause,
            reraise=True,
        )
        return retrying(lambda: self._parse(request, self._answer(request, http, next(attempts)), secrets))

    def pause(self, seconds: float) -> None:
        """Lets time go by; not beyond the end of the run."""
        self._edges.wait(self._closed, seconds)

    def close(self) -> None:
        """Closes idle connections; requests under way end, but are not repeated."""
        self._closed.set()
        self._adapter.close()

    # --- one request --------------------------------------------------------------------------------------------------

    def _answer(self, request: Request, http: HttpRequest, attempt: int) -> HttpAnswer:
        """Sends once, as soon as there is a connection to spare. Raises as `_exchange`."""
        with self._slots:
            return self._exchange(request, http, attempt)

    def _exchange(self, request: Request, http: HttpRequest, attempt: int) -> HttpAnswer:
        """Sends once. Raises `ConnectionFailed`, and `BadAnswer` for a body beyond all measure."""
        started = self._edges.clock()
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
            if self._edges.clock() - started > self._timeouts.whole:
                raise ConnectionFailed(f"{request}: the answer was not complete after {self._timeouts.whole:g} s")
            yield chunk
