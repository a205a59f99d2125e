"""The hours of a week in as few words as a person would use: `weekdays: 9-18`, `weekend: closed`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from reconcile.config.week import DAYS, read_hours
from reconcile.importing.values import OMIT, Writer
from reconcile.model.fields import UNMANAGED, Field

#: Runs of days that have a name of their own, by their first and last day.
_NAMED: Final = {(0, 6): "daily", (0, 4): "weekdays", (5, 6): "weekend"}


def week_raw(
    writer: Writer,
    days: Sequence[Sequence[Field]],
    live: Sequence[Any],
    unders: Sequence[Sequence[Any]],
    *,
    whole: bool,
) -> dict[str, Any]:
    """What has to be said of a week over each of `unders`; `whole`: also the days of which nothing has to be.

    Values are those of all days, one after the other; each day has its beginning, its end and its flag.
    """
    said = [
        _day(
            writer,
            fields,
            live[3 * n : 3 * n + 3],
            [under[3 * n : 3 * n + 3] for under in unders],
            whole=whole,
        )
        for n, fields in enumerate(days)
    ]
    return _runs(said)


def _day(
    writer: Writer, fields: Sequence[Field], live: Sequence[Any], unders: Sequence[Sequence[Any]], *, whole: bool
) -> Any:
    """What is said of one day: hours, `closed`, the service's own three values, or OMIT."""
    wanted: dict[str, Any] = {}
    for position, (field, value) in enumerate(zip(fields, live, strict=True)):
        found = [writer.over(field, value, under[position]) for under in unders]
        said = [raw for raw in found if raw is not OMIT]
        if said:
            wanted[field.name] = said[0]
    if not wanted and not whole:
        return OMIT
    start, end, enable = fields
    if live[2] is True and (text := _hours(live[0], live[1])) is not OMIT:
        return text
    if live[2] is False and wanted.keys() <= {enable.name}:
        return "closed"
    for field, value in ((start, live[0]), (end, live[1]), (enable, live[2])):
        raw = writer.writable(field, value).raw
        if wanted and raw is not OMIT:
            wanted[field.name] = raw
    return {field.name: wanted[field.name] for field in fields if field.name in wanted} or OMIT


def _hours(start: Any, end: Any) -> Any:
    """`9-18`, where that means just this."""
    text = f"{start}-{end}"
    try:
        hours = read_hours(text)
    except ValueError:
        return OMIT
    return text if (hours.start, hours.end) == (start, end) else OMIT


def _runs(said: Sequence[Any]) -> dict[str, Any]:
    """Days one after the other that are said the same of, together."""
    made: dict[str, Any] = {}
    first = 0
    for day in range(len(DAYS)):
        if day + 1 < len(DAYS) and said[day + 1] == said[first] and type(said[day + 1]) is type(said[first]):
            continue
        if said[first] is not OMIT:
            made[_run(first, day)] = said[first]
        first = day + 1
    return made


def _run(first: int, last: int) -> str:
    if first == last:
        return DAYS[first]
    return _NAMED.get((first, last)) or f"{DAYS[first]}-{DAYS[last]}"


def week_name(live: Sequence[Any]) -> str:
    """What a schedule is called, after its hours: `office-9-18`, `daily-10-20`, `closed`."""
    parts = [_day_name(*live[3 * n : 3 * n + 3]) for n in range(len(DAYS))]
    runs: list[tuple[int, int]] = []
    for day, part in enumerate(parts):
        if runs and parts[runs[-1][0]] == part:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    open_runs = [run for run in runs if parts[run[0]] != "closed"]
    if not open_runs:
        return "closed"
    if runs == [(0, 6)]:
        return f"daily-{parts[0]}"
    words = []
    for first, last in open_runs[:3]:
        days = "office" if (first, last) == (0, 4) else "-".join(DAYS[day][:3] for day in dict.fromkeys((first, last)))
        words.append(f"{'weekend' if (first, last) == (5, 6) else days}-{parts[first]}")
    return "-".join(words) if len(open_runs) <= 3 else f"{words[0]}-and-more"


def _day_name(start: Any, end: Any, enable: Any) -> str:
    if enable is False:
        return "closed"
    if start is None or end is None:
        return "open"
    return f"{start}-{end}".replace(":", "")


def nothing_said(days: Sequence[Sequence[Field]]) -> tuple[Any, ...]:
    """A week of which nothing lies below."""
    return (UNMANAGED,) * sum(map(len, days))
