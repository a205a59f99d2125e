"""Requests and answers as values (api.md 1.1, 1.2, 2). Pure: nothing here opens a connection.

No message made here holds a secret: a URL is named as method and path; what the service said passes `without_secrets`.
"""

from __future__ import annotations

import re
import reprlib
import sys
from collections.abc import Collection, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

from msgspec import field

from reconcile import __version__
from reconcile.errors import BadAnswer, Rejected, ServiceError
from reconcile.providers.http.retries import Repeat
from reconcile.providers.http.words import excerpt, one_line, place, shortened, without_secrets
from reconcile.values import Guarded

_IN_QUERY: Final = ("GET", "DELETE")
_SUCCESS: Final = (200, 201, 202, 204)
_HEADERS: Final = {"Accept": "application/json", "User-Agent": f"reconcile/{__version__}"}
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
#: An answer with more values is none: a megabyte of zeros, compressed to a kilobyte, may be a gigabyte as values.
MAX_VALUES: Final = 8_000_000
_BOM: Final = b"\xef\xbb\xbf"  # PHP files saved with one put it before every answer


class Request(Guarded, frozen=True):
    """What is asked of the service. `repeat`: when it may be sent again; `slow`: the answer may take minutes.

    `subject` is the address of the site that it is about; it is only logged. `credentials`: it only asks for leave to
    ask, so that its success says nothing of the rest of the service.
    """

    hidden = ("params",)

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    repeat: Repeat = Repeat.FREELY
    slow: bool = False
    subject: str = ""
    credentials: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def logged(self) -> str:
        """The request and its subject, on one line."""
        return f"{self} {one_line(self.subject, 80)}".rstrip()


class HttpRequest(Guarded, frozen=True):
    """A signed request, ready to be sent; its URL and body hold secrets, so that `repr` shows neither."""

    hidden = ("url", "body", "signature")

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    signature: str = ""


class HttpAnswer(Guarded, frozen=True):
    """A whole answer: `headers` by lower-cased name, `received` in our Unix time."""

    hidden = ("body",)

    status: int
    headers: Mapping[str, str]
    body: bytes
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


def ready(request: Request, base_url: str, query: str, params: Mapping[str, Any], encoding: str) -> HttpRequest:
    """The request with its signed parameters: in the URL of GET and DELETE, otherwise in a `form` or `json` body.

    `query` and `params` are the same parameters, signature and all, as a string that is already encoded and as values:
    what was signed is what is sent.
    """
    url = base_url.rstrip("/") + request.path
    signature = query.rpartition("=")[2]  # both services want it last
    if request.method in _IN_QUERY:
        return HttpRequest(request.method, f"{url}?{query}", _HEADERS, None, signature)
    if encoding == "json":
        import orjson

        return HttpRequest(request.method, url, {**_HEADERS, "Content-Type": _JSON}, orjson.dumps(params), signature)
    return HttpRequest(request.method, url, {**_HEADERS, "Content-Type": _FORM}, query.encode(), signature)


# --- answers ----------------------------------------------------------------------------------------------------------


def parse(
    request: Request,
    answer: HttpAnswer,
    secrets: Collection[str] = (),
    credentials_code: re.Pattern[str] | None = None,
) -> Any:
    """The JSON of a successful answer; None where a write was answered without a body.

    Raises `Rejected` or `ServiceError` for the service's error envelope, under whatever status (1.2), and `BadAnswer`
    for everything else that is not JSON with a successful status. `secrets` are kept out of the messages; an error
    code in which `credentials_code` is found is about credentials, whatever the HTTP status.
    """
    if 300 <= answer.status < 400:
        where = one_line(place(without_secrets(answer.headers.get("location", ""), secrets)), 200)
        raise BadAnswer(f"{request}: redirected to {where}; is base_url right?", status=answer.status)
    body = answer.body.removeprefix(_BOM)
    successful = answer.status in _SUCCESS
    if successful and request.method != "GET" and not body.strip():
        return None
    if _has_too_many_values(body):
        what = f"{request}: the answer has more than {MAX_VALUES:,} values"
        raise BadAnswer(what, status=answer.status, retry_after=answer.retry_after)
    content = _decoded(body)
    envelope = content.get("error") if isinstance(content, dict) else None
    if envelope:
        raise _refusal(request, answer, envelope, secrets, credentials_code)
    if answer.status in (401, 403):
        what = f"{request}: HTTP {answer.status}, {excerpt(body, secrets)}"
        raise Rejected(what, status=answer.status, retry_after=answer.retry_after)
    if not successful or content is _UNREADABLE:
        raise BadAnswer(
            f"{request}: HTTP {answer.status}, {'not JSON' if successful else 'an error'}: {excerpt(body, secrets)}",
            status=answer.status,
            retry_after=answer.retry_after,
        )
    return content


_UNREADABLE: Final = object()


def _has_too_many_values(body: bytes) -> bool:
    """Whether there are more than MAX_VALUES, each of which takes far more memory than bytes.

    Each follows a comma or an opening bracket, which most often need not be counted: what opens is closed, too.
    """
    if len(body) <= MAX_VALUES:
        return False
    commas = body.count(b",")
    if commas + (len(body) - commas) // 2 <= MAX_VALUES:
        return False
    return commas + body.count(b"[") + body.count(b"{") > MAX_VALUES


def _decoded(body: bytes) -> Any:
    from orjson import JSONDecodeError

    from reconcile.providers.http.alike import loads

    try:
        return loads(body)
    except JSONDecodeError:  # not JSON, not UTF-8, cut short, or nested too deeply
        return _UNREADABLE


def _refusal(
    request: Request,
    answer: HttpAnswer,
    envelope: Any,
    secrets: Collection[str],
    credentials_code: re.Pattern[str] | None,
) -> ServiceError:
    """The exception for an error envelope; the service's `http_code` counts where HTTP itself says that all is well."""
    fields = envelope if isinstance(envelope, dict) else {"message": envelope}
    code = shortened(_text(fields.get("code") or ""), secrets, 80)
    said = shortened(_text(fields.get("message") or "no message"), secrets, 300)
    status = answer.status if answer.status not in _SUCCESS else _http_code(fields.get("http_code"), answer.status)
    credentials = status in (401, 403) or _http_code(fields.get("http_code"), 0) in (401, 403)
    if credentials_code is not None and credentials_code.search(code.upper()) and status < 500:
        credentials = True
    where = f"{code}, HTTP {status}" if code else f"HTTP {status}"
    message = f"{request}: {said} ({where})"
    kind = Rejected if credentials else ServiceError
    return kind(message, status=status, code=code, retry_after=answer.retry_after)


def _text(raw: Any) -> str:
    """What stands in the place of a text. Of anything else the beginning, however deep and long it is."""
    if isinstance(raw, str):
        return raw
    short = reprlib.Repr()
    short.maxstring = sys.maxsize  # a text that was cut may end with half of a secret
    return short.repr(raw)


def _http_code(raw: Any, otherwise: int) -> int:
    return int(raw) if re.fullmatch(r"[45]\d\d", str(raw)) else otherwise


def _unix_time(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
