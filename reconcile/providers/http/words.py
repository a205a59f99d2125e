"""What may be said of requests and answers: on one line, not too long, and without anybody's secrets. Pure."""

from __future__ import annotations

import base64
import functools
import html
import json
import re
from collections.abc import Collection, Iterator
from typing import Final
from urllib.parse import urlsplit

_NAMED_SECRET: Final = re.compile(
    r"""(?i)\b(sign|token|uid|api_key|password|client_id|(?:private_?)?security_?key|private_key)"""
    r"""(["']?\s*[=:]\s*["']?)[^"'&\s,;<>}]+"""
)
_SHORTEST_SECRET: Final = 4  # a shorter one would be found inside of ordinary words
_DIGEST: Final = re.compile(r"(?i)\b[0-9a-f]{32,}\b")
#: A longer one is looked for as it is only: its spellings would make a pattern without end.
_LONGEST_SPELLED: Final = 512
_SHORTEST_BASE64: Final = 6
#: How often a spelling may be spelled again: JSON within JSON doubles its backslashes.
_AGAIN: Final = "{0,8}"
_BACKSLASHES: Final = r"\\{1,16}"
_ENTITIES: Final = ("quot", "amp", "lt", "gt", "apos")
_EXCERPT: Final = 80
#: So many bytes of a body, or characters of a message, are looked at for what is said of it.
_SEEN: Final = 8192


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """A text of the service with these secrets, and whatever looks like a credential that it echoes, blotted out."""
    return _DIGEST.sub("***", named_hidden(without_known(text, secrets)))


def without_known(text: str, secrets: Collection[str]) -> str:
    """A text with these secrets blotted out, in whichever way a service may spell them."""
    for spelled in (_spelled(secret) for secret in secrets if len(secret) >= _SHORTEST_SECRET):
        text = spelled.sub("***", text)
    return text


def named_hidden(text: str) -> str:
    """A text without the values of what is called a credential in it: `sign=…`, `"password": "…"`."""
    return _NAMED_SECRET.sub(r"\1\2***", text)


@functools.lru_cache(maxsize=512)
def _spelled(secret: str) -> re.Pattern[str]:
    """A secret in every spelling: as it is, as JSON, URLs, forms, HTML (also twice over), base64 and hexadecimal."""
    shorter = secret[:_LONGEST_SPELLED]
    raw = shorter.encode("utf-8", "surrogatepass")
    # Letters and digits are the same in every spelling of texts.
    plain = len(secret) > _LONGEST_SPELLED or (secret.isascii() and secret.isalnum())
    whole = re.escape(secret) if plain else "".join(map(_forms, secret))
    return re.compile("|".join([whole, *_base64(raw), f"(?i:{raw.hex()})"]))


def _forms(char: str) -> str:
    """A pattern of the spellings of one character, each of them bounded: no text takes longer than it is long."""
    units = char.encode("utf-16-be", "surrogatepass")
    by_json = "".join(rf"{_BACKSLASHES}u{units[i] << 8 | units[i + 1]:04x}" for i in range(0, len(units), 2))
    by_url = "".join(f"%(?:25){_AGAIN}{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
    by_html = rf"&(?:amp;){_AGAIN}\#(?:0{_AGAIN}{ord(char)}|x0{_AGAIN}{ord(char):x});"
    forms = [re.escape(char), *(f"(?i:{form})" for form in (by_url, by_json, by_html))]
    forms += [f"&(?:amp;){_AGAIN}{name};" for name in _ENTITIES if html.unescape(f"&{name};") == char]
    short = json.dumps(char)[1:-1]  # such as \\n or \\"
    if char == "/" or short[0] == "\\":
        forms.append(_BACKSLASHES + re.escape(short[-1]))
    if char == " ":
        forms.append("[+]")
    return f"(?:{'|'.join(forms)})"


def _base64(secret: bytes) -> Iterator[str]:
    """What surely is in the base64 of any text that has the secret in it, at each of the three places in a group."""
    for before in range(3):
        written = base64.b64encode(bytes(before) + secret).decode().rstrip("=")
        inner = written[-(-before * 8 // 6) : len(written) - ((before + len(secret)) % 3 != 0)]
        if len(inner) >= _SHORTEST_BASE64:
            yield "".join({"+": "[+-]", "/": "[/_]"}.get(char, char) for char in inner) + "[A-Za-z0-9+/_-]{0,2}=*"


def excerpt(body: bytes, secrets: Collection[str]) -> str:
    """The beginning of a body, quoted."""
    if not body.strip():
        return "an empty body"
    return f'"{shortened(body[: _SEEN + 1].decode("utf-8", "replace"), secrets, _EXCERPT)}"'


def shortened(text: str, secrets: Collection[str], limit: int) -> str:
    """The beginning of what a service says, on one line, without secrets; of any length, as a slice is looked at."""
    # Blotted out before it is cut, so that no half of a secret stays.
    said = without_secrets(text[:_SEEN], secrets)
    if len(text) > _SEEN:  # the end of the slice may be half of a secret
        said = said[: _SEEN // 4]
    return one_line(said, limit)


def one_line(text: str, limit: int) -> str:
    """The text without line breaks and control characters, cut at `limit` characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def place(location: str) -> str:
    """Where a redirect points, without its query, which repeats the signature."""
    try:
        target = urlsplit(location)
    except ValueError:  # such as http://[
        return "what is no URL"
    return f"{target.scheme}://{target.hostname}{target.path}" if target.hostname else target.path or "nowhere"
