"""What a request asks, once it is understood and let in: its parameters as values. Pure.

Every reader raises `Refused` (400) with the name of the parameter, and gives None for one that is not sent.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct

from reconcile.emulator.documents import invalid, listed
from reconcile.emulator.refused import Refused
from reconcile.model.normalize import read_network, read_phone

T = TypeVar("T")

#: How dates are written (api.md 1.2).
DATE_FORMAT: Final = "%Y-%m-%d %H:%M:%S"


class Asked(Struct, frozen=True):
    """Who asks, from which IP address, the numbers in the path, and the zone of the account's dates.

    `params` are without those that say who asks.
    """

    uid: str
    address: str
    params: Mapping[str, Any]
    numbers: tuple[int, ...]
    zone: ZoneInfo

    def expect(self, *names: str) -> None:
        """Refuses a parameter that the call does not document."""
        for name in self.params:
            if name not in names:
                raise Refused(400, "GEN-PARAM-UNKNOWN", f"{name} is not documented")

    def require(self, *names: str) -> None:
        """Refuses a request that lacks one of these."""
        for name in names:
            if self.params.get(name) in (None, ""):
                raise Refused(400, "GEN-PARAM-REQUIRED", f"{name} is required")

    # --- values ---

    def text(self, name: str) -> str | None:
        """A text."""
        return self._read(name, _text)

    def phone(self, name: str) -> str | None:
        """A phone in E.164."""
        return self._read(name, _phone)

    def phone_number(self, name: str) -> str | None:
        """A phone that is sent as a whole number; given in E.164."""
        return self._read(name, lambda sent: _phone(_whole(sent)))

    def ip(self, name: str) -> str | None:
        """An IP address."""
        return self._read(name, _ip)

    def whole(self, name: str, least: int = 0, most: int = 2**53) -> int | None:
        """A whole number within bounds."""

        def read(sent: Any) -> int:
            number = _whole(sent)
            if not least <= number <= most:
                raise ValueError(f"expected a number from {least} to {most}")
            return number

        return self._read(name, read)

    def choice(self, name: str, among: Collection[str]) -> str | None:
        """One of several words."""

        def read(sent: Any) -> str:
            if str(sent) not in among:
                raise ValueError(f"expected one of {', '.join(among)}")
            return str(sent)

        return self._read(name, read)

    def money(self, name: str) -> int | None:
        """An amount above zero with at most two decimals, in hundredths."""
        return self._read(name, _money)

    def ids(self, name: str) -> tuple[int, ...] | None:
        """The numbers of `name[]`."""
        if name not in self.params:
            return None
        try:
            return tuple(_whole(entry) for entry in listed(self.params[name], (name,)))
        except ValueError as error:
            raise invalid((name,), f"{error}s") from None

    # --- times, in unix time ---

    def date(self, name: str) -> float | None:
        """A date as the service writes it, in the account's zone."""
        return self._read(name, lambda sent: _date(sent, self.zone))

    def day(self, name: str) -> dt.date | None:
        """A day as `dd-mm-YYYY`."""
        return self._read(name, _day)

    def moment(self, name: str) -> float | None:
        """A time in ISO 8601; one without a zone is in the account's."""
        return self._read(name, lambda sent: _moment(sent, self.zone))

    def _read(self, name: str, read: Callable[[Any], T]) -> T | None:
        sent = self.params.get(name)
        if sent is None:
            return None
        try:
            return read(sent)
        except ValueError as error:
            raise invalid((name,), str(error)) from None


def _text(sent: Any) -> str:
    if type(sent) not in (str, int):
        raise ValueError("expected text")
    return str(sent)


def _phone(sent: Any) -> str:
    number = read_phone(_text(sent))
    if not number:
        raise ValueError("expected a phone number")
    return number


def _ip(sent: Any) -> str:
    address = read_network(_text(sent))
    if not address or "/" in address:
        raise ValueError("expected an IP address")
    return address


def _whole(sent: Any) -> int:
    if isinstance(sent, bool) or not re.fullmatch(r"[0-9]{1,18}", str(sent)):
        raise ValueError("expected a whole number")
    return int(sent)


def _money(sent: Any) -> int:
    text = str(sent)
    if isinstance(sent, bool) or not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,2})?", text) or Decimal(text) == 0:
        raise ValueError("expected an amount above zero with at most two decimals, such as 1000 or 99.50")
    return int(Decimal(text).scaleb(2))


def _date(sent: Any, zone: ZoneInfo) -> float:
    try:
        date = dt.datetime.strptime(_text(sent), DATE_FORMAT).replace(tzinfo=zone)
        if date.strftime(DATE_FORMAT) == sent:  # not 2015-10-2
            return date.timestamp()
    except (ValueError, OverflowError):
        pass
    raise ValueError("expected a date such as 2015-10-02 17:58:43")


def _day(sent: Any) -> dt.date:
    if re.fullmatch(r"\d\d-\d\d-\d{4}", str(sent), re.ASCII):
        day, month, year = map(int, str(sent).split("-"))
        try:
            return dt.date(year, month, day)
        except ValueError:
            pass
    raise ValueError("expected a day such as 31-12-2015")


def _moment(sent: Any, zone: ZoneInfo) -> float:
    try:
        moment = dt.datetime.fromisoformat(_text(sent))
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError("expected a time in ISO 8601 such as 2015-10-02T17:58:43+03:00") from None


def written(moment: float, zone: ZoneInfo) -> str:
    """A unix time as the service writes dates."""
    return dt.datetime.fromtimestamp(int(moment), zone).strftime(DATE_FORMAT)
