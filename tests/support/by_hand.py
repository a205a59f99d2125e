"""A client of the emulator that signs by hand: it shares no code with the product. And a clock, and a site to send."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import requests
from requests.adapters import HTTPAdapter

UID, KEY = "100", "k3y-Ключ"


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def pairs(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The parameters of a form, flat."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from pairs(inner, f"{name}[{key}]" if name else key)
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from pairs(inner, f"{name}[{n}]")
    elif value is not None:
        yield name, int(value) if isinstance(value, bool) else value


def form(params: dict[str, Any]) -> str:
    return "&".join(f"{quote_plus(name)}={quote_plus(str(value))}" for name, value in pairs(params))


class FromAddress(HTTPAdapter):
    """Connects from another address of this machine."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, source_address=(self.address, 0))


class Client:
    """Signs each request with the token that it asked for first."""

    def __init__(self, url: str, uid: str = UID, key: str = KEY, address: str = "127.0.0.1") -> None:
        self.url, self.uid, self.key = url, uid, key
        self.session = requests.Session()
        self.session.mount("http://", FromAddress(address))
        self.token = ""

    def authenticate(self) -> dict[str, Any]:
        answer = self.raw("GET", f"/auth/token?uid={self.uid}&sign={md5(f'{self.key}uid={self.uid}')}")
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["token"]
        return answer.json()

    def raw(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=10, **kwargs)

    def signed(self, params: dict[str, Any]) -> dict[str, Any]:
        everything = {**params, "uid": self.uid}
        return {**everything, "sign": md5(self.token + form(dict(sorted(everything.items()))))}

    def send(
        self, method: str, path: str, params: dict[str, Any] | None = None, encoding: str = "form"
    ) -> requests.Response:
        if not self.token:
            self.authenticate()
        signed = self.signed(params or {})
        if method in ("GET", "DELETE"):
            return self.raw(method, f"{path}?{form(signed)}")
        if encoding == "json":
            return self.raw(method, path, data=json.dumps(signed), headers={"Content-Type": "application/json"})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.raw(method, path, data=form(signed), headers=kind)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


SITE: dict[str, Any] = {
    "site": {"url": "http://acme.ru", "notification_notify": ["call", "miss"], "report_analytic": 0},
    "managers": [{"phone": "+74951234567", "name": "Анна"}, {"phone": "+442071838750"}],
    "widget": {
        "call_time": 35,
        "timezone": "Asia/Vladivostok",
        "schelude": {
            "monday": {"from": 9, "to": "20:30", "enable": 1},
            "sunday": {"from": 10, "to": 15, "enable": 0},
        },
        "algoritms": {"onexit": {"time": 20, "enable": 1}},
    },
    "blacklists": {
        "ip": "198.51.100.0/24\n203.0.113.7",
        "phone": "+442071838750\n+74950000000",
        "url": "",
        "referer": "",
    },
}
