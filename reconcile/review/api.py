"""The way to a forge's API: one session, with retries, limits, pages, and errors that say what to do.

What GitHub asks of clients (docs.github.com, "Best practices for using the REST API"): wait for `retry-after` seconds,
or until `x-ratelimit-reset` where `x-ratelimit-remaining` is 0; where a secondary limit names neither, a minute.
GitLab answers 429 with `Retry-After`. The token goes to the API's own origin and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from reconcile.escaping import clean
from reconcile.review.forge import ForgeError, Unreachable

if TYPE_CHECKING:
    import requests

TRIES: Final = 5
#: Seconds: for an answer; the first pause, which doubles; the most that a limit may ask for; and one that names none.
TIMEOUT: Final = 30.0
FIRST_PAUSE: Final = 0.5
LONGEST_WAIT: Final = 300.0
SECONDARY: Final = 60.0
#: A page's length, which is the most that both forges give; and how many are read.
PER_PAGE: Final = 100
PAGES: Final = 100
_PASSING: Final = (500, 502, 503, 504)
#: What can be sent twice and is done once.
_REPEATABLE: Final = ("GET", "PATCH", "PUT", "DELETE")


@contextmanager
def understood(name: str) -> Iterator[None]:
    """For answers that are JSON and not what the forge documents, such as those of a proxy. Raises `ForgeError`."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ForgeError(
            f"{name}: an answer of the API lacks what it should have ({type(error).__name__}); check the API's address"
        ) from None


class Api:
    """An API below `base`. `headers` hold the token; `advice` says by status what a person can do."""

    def __init__(
        self,
        name: str,
        base: str,
        headers: Mapping[str, str],
        advice: Mapping[int, str],
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.base = base
        self.headers = headers
        self.advice = advice
        self.sleep = sleep
        self.now = now
        self._session: requests.Session | None = None

    def call(self, method: str, path: str, body: Any = None, gone: bool = False) -> Any:
        """The JSON that a call is answered with; None for no content, and for a 404 or 410 where `gone` is no error.

        Raises `ForgeError`, and `Unreachable` where a call that can't be repeated may have been done.
        """
        answer = self._answer(method, self.base + path, path, body)
        if gone and answer.status_code in (404, 410):
            return None
        return self._json(self._good(answer, method, path), method, path)

    def pages(self, path: str, inside: str = "") -> Iterator[Any]:
        """All entries of a list, page by page; `inside` names the key of an object that holds it."""
        url = f"{self.base}{path}{'&' if '?' in path else '?'}per_page={PER_PAGE}"
        for _ in range(PAGES):
            answer = self._good(self._answer("GET", url, path, None), "GET", path)
            data = self._json(answer, "GET", path)
            entries = data.get(inside) if inside and isinstance(data, dict) else data
            if not isinstance(entries, list):
                raise ForgeError(f"{self.name}: GET {path} is answered with something that is no list")
            yield from entries
            url = str(answer.links.get("next", {}).get("url", ""))
            if not url:
                return
            if urlsplit(url)[:2] != urlsplit(self.base)[:2]:
                raise ForgeError(f"{self.name}: the next page of {path} is at another server; the token stays here")
        raise ForgeError(f"{self.name}: GET {path} has more than {PAGES * PER_PAGE:,} entries")

    def download(self, path: str, most: int, gone: bool = False) -> bytes | None:
        """A file, which may be at another server that a redirect leads to; that one gets no token."""
        answer = self._answer("GET", self.base + path, path, None, stream=True)
        if answer.status_code in (301, 302, 303, 307, 308):
            with self._new_session() as anonymous:
                answer = self._tried(anonymous, "GET", str(answer.headers.get("Location", "")), path, None, stream=True)
        if gone and answer.status_code in (404, 410):
            return None
        self._good(answer, "GET", path)
        content = b""
        try:
            for part in answer.iter_content(1 << 16):
                content += part
                if len(content) > most:
                    raise ForgeError(f"{self.name}: what {path} leads to is larger than {most >> 20} MiB")
        except OSError:
            raise Unreachable(f"{self.name}: GET {path}: the answer broke off; run the job again") from None
        return content

    def _answer(self, method: str, url: str, path: str, body: Any, *, stream: bool = False) -> requests.Response:
        if self._session is None:
            self._session = self._new_session()
            self._session.headers.update(self.headers)
        return self._tried(self._session, method, url, path, body, stream=stream)

    @staticmethod
    def _new_session() -> requests.Session:
        import requests

        session = requests.Session()
        session.auth = lambda request: request  # so that no .netrc is looked for
        return session

    def _tried(
        self, session: requests.Session, method: str, url: str, path: str, body: Any, *, stream: bool
    ) -> requests.Response:
        import requests

        for tries in range(1, TRIES + 1):
            answer, failure = None, ""
            try:
                answer = session.request(method, url, json=body, timeout=TIMEOUT, allow_redirects=False, stream=stream)
            except (requests.RequestException, OSError, ValueError) as error:
                failure = type(error).__name__  # what it says may hold the URL of a proxy with its password
            wait = None if answer is None else self._limit(answer)
            if wait is not None:
                if wait > LONGEST_WAIT or tries == TRIES:
                    raise ForgeError(
                        f"{self.name}: {method} {path}: the rate limit is used up for {round(wait)} more seconds; "
                        "run the job again after that"
                    )
                self.sleep(wait)
                continue
            if answer is not None and answer.status_code not in _PASSING:
                return answer
            said = failure or f"status {0 if answer is None else answer.status_code}"
            if method not in _REPEATABLE or tries == TRIES:
                raise Unreachable(f"{self.name}: {method} {path}: no good answer ({said}); run the job again")
            self.sleep(FIRST_PAUSE * 2.0 ** (tries - 1))
        raise AssertionError

    def _limit(self, answer: requests.Response) -> float | None:
        """Seconds for which a limit holds calls back; None where that is not why a call was refused."""
        if answer.status_code not in (403, 429):
            return None
        with_number = {
            name: float(value)
            for name in ("retry-after", "x-ratelimit-remaining", "x-ratelimit-reset")
            if (value := answer.headers.get(name, "")).isdecimal() and len(value) < 12
        }
        if "retry-after" in with_number:
            return with_number["retry-after"]
        if with_number.get("x-ratelimit-remaining") == 0 and "x-ratelimit-reset" in with_number:
            return max(with_number["x-ratelimit-reset"] - self.now(), 0) + 1
        if answer.status_code == 429 or "secondary rate limit" in answer.text.lower():
            return SECONDARY
        return None

    def _good(self, answer: requests.Response, method: str, path: str) -> requests.Response:
        status = answer.status_code
        if 200 <= status < 300:
            return answer
        advice = self.advice.get(status, "")
        said = ""
        try:
            data = answer.json()
            said = str(data.get("message", "")) if isinstance(data, dict) else ""
        except ValueError:
            pass
        for secret in self.headers.values():  # a server may repeat what it was sent
            said = said.replace(secret, "(hidden)").replace(secret.split(" ")[-1], "(hidden)")
        told = f" ({clean(said[:200])})" if said else ""
        raise ForgeError(
            f"{self.name}: {method} {path}: refused with status {status}{told}{'; ' * bool(advice)}{advice}"
        )

    def _json(self, answer: requests.Response, method: str, path: str) -> Any:
        if answer.status_code == 204 or not answer.content:
            return None
        try:
            return answer.json()
        except ValueError:
            raise ForgeError(f"{self.name}: {method} {path} is answered with something that is no JSON") from None
