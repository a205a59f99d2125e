"""Requests and answers of the service as values (api.md 1.1, 1.2). Pure: nothing here opens a connection.

No message made here holds a secret: a URL is named as method and path; what the service said passes `without_secrets`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from reconcile import __version__
from reconcile.errors import BadAnswer, Rejected, ServiceError
from reconcile.providers.pozvonim import signing
from reconcile.providers.pozvonim.assumed import CREDENTIALS_CODE, TOKEN_LIFETIME, TOKEN_LIFETIME_LEAST
from reconcile.providers.pozvonim.retries import Repeat

_IN_QUERY: Final = ("GET", "DELETE")
_SUCCESS: Final = (200, 201, 202, 204)
_EXCERPT: Final = 80
_HEADERS: Final = {"Accept": "application/json", "User-Agent": f"reconcile/{__version__}"}
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_BOM: Final = b"\xef\xbb\xbf"  # PHP files saved with one put it before every answer


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the service. `repeat`: when it may be sent again; `slow`: the answer may take minutes.

    `subject` is the address of the site that it is about; it is only logged.
    """

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    repeat: Repeat = Repeat.FREELY
    slow: bool = False
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def logged(self) -> str:
        """The request and its subject, on one line."""
        return f"{self} {_one_line(self.subject, 80)}".rstrip()


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A signed request, ready to be sent; its URL and body hold secrets, so that `repr` shows neither."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str]
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole answer: `headers` by lower-cased name, `received` in our Unix time."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received: float = 0.0

    @property
    def clock_ahead(self) -> float | None:
        """Seconds by which the server's clock is ahead of ours, by its `Date` header."""
        date = _unix_time(self.headers.get("date", ""))
        return None if date is None or not self.received else date - self.received

    @property
    def retry_after(self) -> float | None:
        """Seconds that the service wants us to wait: a number, or a date, counted from the service's own clock."""
        text = self.headers.get("retry-after", "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
            return float(text)
        until = _unix_time(text)
        now = _unix_time(self.headers.get("date", "")) or self.received
        return None if until is None or not now else max(0.0, until - now)


# --- requests ---------------------------------------------------------------------------------------------------------


def signed(request: Request, base_url: str, uid: str, token: str, encoding: str) -> HttpRequest:
    """The request with `uid` and `sign`: in the query of GET and DELETE, otherwise in a `form` or `json` body (1.1)."""
    params = signing.ksort({**request.params, "uid": uid})
    query = signing.http_build_query(params)
    sign = signing.signature(token, query)
    url = base_url.rstrip("/") + request.path
    # What is signed is what is sent: the query is encoded once, and `sign` appended.
    if request.method in _IN_QUERY:
        return HttpRequest(request.method, f"{url}?{query}&sign={sign}", _HEADERS)
    if encoding == "json":
        import orjson

        body = orjson.dumps({**params, "sign": sign})
        return HttpRequest(request.method, url, {**_HEADERS, "Content-Type": _JSON}, body)
    return HttpRequest(request.method, url, {**_HEADERS, "Content-Type": _FORM}, f"{query}&sign={sign}".encode())


TOKEN: Final = Request("GET", "/auth/token")


def token_request(base_url: str, uid: str, api_key: str) -> HttpRequest:
    """The request for a token, signed with the API key (1.1, step 2)."""
    query = signing.http_build_query({"uid": uid, "sign": signing.token_sign(api_key, uid)})
    return HttpRequest(TOKEN.method, f"{base_url.rstrip('/')}{TOKEN.path}?{query}", _HEADERS)


# --- answers ----------------------------------------------------------------------------------------------------------


def parse(request: Request, answer: HttpAnswer, secrets: Collection[str] = ()) -> Any:
    """The JSON of a successful answer; None where a write was answered without a body.

    Raises `Rejected` or `ServiceError` for the service's error envelope, under whatever status (1.2), and `BadAnswer`
    for everything else that is not JSON with a successful status. `secrets` are kept out of the messages.
    """
    if 300 <= answer.status < 400:
        place = without_secrets(_place(answer), secrets)
        raise BadAnswer(f"{request}: redirected to {place}; is base_url right?", status=answer.status)
    body = answer.body.removeprefix(_BOM)
    successful = answer.status in _SUCCESS
    if not body.strip() and successful and request.method != "GET":
        return None
    content = _decoded(body)
    envelope = content.get("error") if isinstance(content, dict) else None
    if envelope:
        raise _refusal(request, answer, envelope, secrets)
    if answer.status in (401, 403):
        what = f"{request}: HTTP {answer.status}, {_excerpt(body, secrets)}"
        raise Rejected(what, status=answer.status, retry_after=answer.retry_after)
    if not successful or content is _UNREADABLE:
        raise BadAnswer(
            f"{request}: HTTP {answer.status}, {'not JSON' if successful else 'an error'}: {_excerpt(body, secrets)}",
            status=answer.status,
            retry_after=answer.retry_after,
        )
    return content


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A token as the service gave it, with the seconds that it may be used for."""

    text: str = field(repr=False)
    lifetime: float


def given_token(content: Any) -> GivenToken:
    """The token of a parsed answer (1.1). Raises `BadAnswer` where there is none.

    `expire` counts only where it can be nothing but a lifetime in seconds; the server's clock may be hours away.
    """
    inner = content.get("data", content) if isinstance(content, dict) else content
    text = inner.get("token") if isinstance(inner, dict) else None
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or not text.strip():
        raise BadAnswer(f"{TOKEN}: the answer holds no token", status=200)
    expire = inner.get("expire")
    if isinstance(expire, str) and re.fullmatch(r"\d{1,6}", expire):
        expire = int(expire)
    hinted = isinstance(expire, int | float) and TOKEN_LIFETIME_LEAST <= expire <= TOKEN_LIFETIME
    return GivenToken(text.strip(), float(expire) if hinted else TOKEN_LIFETIME)


_UNREADABLE: Final = object()


def _decoded(body: bytes) -> Any:
    import orjson

    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:  # not JSON, not UTF-8, cut short, or nested too deeply
        return _UNREADABLE


def _refusal(request: Request, answer: HttpAnswer, envelope: Any, secrets: Collection[str]) -> ServiceError:
    """The exception for an error envelope; the service's `http_code` counts where HTTP itself says that all is well."""
    fields = envelope if isinstance(envelope, dict) else {"message": envelope}
    code, said = str(fields.get("code") or ""), str(fields.get("message") or "no message")
    status = answer.status if answer.status not in _SUCCESS else _http_code(fields.get("http_code"), answer.status)
    credentials = status in (401, 403) or _http_code(fields.get("http_code"), 0) in (401, 403)
    if CREDENTIALS_CODE.search(code.upper()) and status < 500:
        credentials = True
    where = f"{without_secrets(code, secrets)}, HTTP {status}" if code else f"HTTP {status}"
    message = f"{request}: {_one_line(without_secrets(said, secrets), 300)} ({where})"
    kind = Rejected if credentials else ServiceError
    return kind(message, status=status, code=code, retry_after=answer.retry_after)


def _http_code(raw: Any, otherwise: int) -> int:
    return int(raw) if re.fullmatch(r"[45]\d\d", str(raw)) else otherwise


# --- words ------------------------------------------------------------------------------------------------------------

_NAMED_SECRET: Final = re.compile(r"""(?i)\b(sign|token|uid|api_key|password)(["']?\s*[=:]\s*["']?)[^"'&\s,;<>}]+""")
_SHORTEST_SECRET: Final = 4  # a shorter one would be found inside of ordinary words
_DIGEST: Final = re.compile(r"(?i)\b[0-9a-f]{32,}\b")


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """A text of the service with these secrets, and whatever looks like a credential that it echoes, blotted out."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return _DIGEST.sub("***", _NAMED_SECRET.sub(r"\1\2***", text))


def _excerpt(body: bytes, secrets: Collection[str]) -> str:
    if not body.strip():
        return "an empty body"
    # Blotted out before it is cut, so that no half of a secret stays; a slice, so that a large page costs nothing.
    text = without_secrets(body[:4096].decode("utf-8", "replace"), secrets)
    return f'"{_one_line(text, _EXCERPT)}"'


def _one_line(text: str, limit: int) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def origin(base_url: str) -> str:
    """Where a service is, as `http://host:port`: what may be said of a URL that can hold a password."""
    target = urlsplit(base_url)
    return f"{target.scheme}://{target.netloc.rpartition('@')[2]}"


def _place(answer: HttpAnswer) -> str:
    """Where a redirect points, without its query, which repeats the signature."""
    target = urlsplit(answer.headers.get("location", ""))
    return f"{target.scheme}://{target.hostname}{target.path}" if target.hostname else target.path or "nowhere"


def _unix_time(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
