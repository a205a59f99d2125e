"""What may be said of requests and answers: on one line, not too long, and without anybody's secrets. Pure."""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Collection
from typing import Final
from urllib.parse import quote, quote_plus, urlsplit

_NAMED_SECRET: Final = re.compile(
    r"""(?i)\b(sign|token|uid|api_key|password|client_id|(?:private_?)?security_?key|private_key)"""
    r"""(["']?\s*[=:]\s*["']?)[^"'&\s,;<>}]+"""
)
_SHORTEST_SECRET: Final = 4  # a shorter one would be found inside of ordinary words
_DIGEST: Final = re.compile(r"(?i)\b[0-9a-f]{32,}\b")
_EXCERPT: Final = 80


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """A text of the service with these secrets, and whatever looks like a credential that it echoes, blotted out."""
    for spelled in _spellings(tuple(secrets)):
        text = text.replace(spelled, "***")
    return _DIGEST.sub("***", _NAMED_SECRET.sub(r"\1\2***", text))


@functools.lru_cache(maxsize=256)
def _spellings(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """These secrets as a service may repeat them: as they are, and as JSON, URLs, forms and HTML write them."""
    found: set[str] = set()
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            as_json = (json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
            found |= {secret, quote(secret, safe=""), quote_plus(secret), html.escape(secret)}
            found |= {text for spelled in as_json for text in (spelled, spelled.replace("/", "\\/"))}
    return tuple(sorted(found, key=len, reverse=True))


def excerpt(body: bytes, secrets: Collection[str]) -> str:
    """The beginning of a body, quoted."""
    if not body.strip():
        return "an empty body"
    # Blotted out before it is cut, so that no half of a secret stays; a slice, so that a large page costs nothing.
    text = without_secrets(body[:4096].decode("utf-8", "replace"), secrets)
    return f'"{one_line(text, _EXCERPT)}"'


def one_line(text: str, limit: int) -> str:
    """The text without line breaks and control characters, cut at `limit` characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def place(location: str) -> str:
    """Where a redirect points, without its query, which repeats the signature."""
    target = urlsplit(location)
    return f"{target.scheme}://{target.hostname}{target.path}" if target.hostname else target.path or "nowhere"
