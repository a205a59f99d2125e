"""What the page draws of a site, out of its values as a whole: the hours of its week, and where its widget stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconcile.config.week import DAYS
from reconcile.model.normalize import minutes, no_time, read_hour

#: The fields that say where the button and the window stand, in the order of `place`.
PLACE: Final = (
    "widget.button",
    "widget.button_position",
    "widget.button_position_x",
    "widget.button_position_y",
    "widget.window_position",
    "widget.mobile_enable",
)
#: The field that says in which time zone the hours are, and that which says that it is the visitor's instead.
ZONE: Final = "widget.timezone"
OF_VISITOR: Final = "widget.timezone_auto"
#: Begin and end of a day's hours in minutes since midnight; none of a day on which nobody answers.
Hours = tuple[int, int] | None


def week(shown: Mapping[str, Any]) -> dict[str, Any] | None:
    """The time zone, None for the visitor's, and the hours of each day; None of what has no readable week."""
    days = [day(*(shown.get(f"widget.schedule.{name}.{part}") for part in ("from", "to", "enable"))) for name in DAYS]
    if "unreadable" in days or not any(path.startswith("widget.schedule.") for path in shown):
        return None
    return {"zone": None if shown.get(OF_VISITOR) is True else shown.get(ZONE) or "", "days": days}


def day(start: Any, end: Any, enable: Any) -> Hours | str:
    """A day's hours; `unreadable` where it is open at hours that are none."""
    if enable is not True:
        return None
    try:
        first, last = read_hour(start), read_hour(end)
    except ValueError:
        return "unreadable"
    return None if no_time(first, last) else (minutes(first), minutes(last))


def place(shown: Mapping[str, Any]) -> list[Any] | None:
    """The values of PLACE; None of what has no widget."""
    values = [shown.get(path) for path in PLACE]
    return None if all(value is None for value in values) else values
