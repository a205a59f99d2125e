"""Where a URL leads: what may go there without encryption, and what may be said of it."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

#: A user and a password perhaps, a host, a port perhaps. Anything else is read by some libraries as another host.
_AUTHORITY: Final = re.compile(r"(?:[^/@\\?#]*@)?(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+))(?::\d+)?")


def is_loopback(url: str) -> bool:
    """Whether a URL surely leads to this machine: 127.0.0.0/8, ::1 or localhost, with no room for another reading."""
    authority = _AUTHORITY.fullmatch(_netloc(url))
    if authority is None:
        return False
    host = authority[1] or authority[2]
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_exposed(url: str) -> bool:
    """Whether what is sent there can be read on the way: plain http that leaves this machine."""
    return url.partition(":")[0].lower() == "http" and not is_loopback(url)


def origin(url: str) -> str:
    """Where a service is, as `http://host:port`: what may be said of a URL that can hold a password."""
    user, _, host = _netloc(url).rpartition("@")
    scheme, _, rest = url.partition(":")
    if not user and "@" in rest:  # a password with a slash in it ends what URLs call the host
        return f"{scheme}://***@{re.split('[/?#]', rest.rpartition('@')[2])[0]}"
    hidden = "***@" if "\\" in user else ""  # there may be another host in it
    return f"{scheme}://{hidden}{host}"


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:  # such as brackets that don't match
        return ""
