"""What the service answers: the shapes of api.md 1.6 and the error envelope of 1.2. Pure.

Where no personality is on, answers are put together from the stored texts, so that a list of ten thousand sites is a
matter of joining them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from msgspec import Struct, field

from reconcile.emulator.manners import Manners
from reconcile.emulator.personalities import Family
from reconcile.emulator.refused import Refused
from reconcile.emulator.storage import StoredSite


class Answer(Struct, frozen=True):
    """An HTTP answer; an empty body is sent without a type."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(refused: Refused) -> Answer:
    """The answer to a refused request: the error envelope."""
    return error(refused.status, refused.code, str(refused), refused.headers)


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """The error envelope (api.md 1.2)."""
    envelope = {"error": {"code": code, "http_code": status, "message": message}}
    return Answer(status, orjson.dumps(envelope), headers or {})


def value(content: Any, status: int = 200) -> Answer:
    """Any value as JSON."""
    return Answer(status, orjson.dumps(content))


# --- sites ------------------------------------------------------------------------------------------------------------


def site(manners: Manners, stored: StoredSite, status: int = 200) -> Answer:
    """One site, complete."""
    if manners.plain:
        return Answer(status, _as_stored(stored).encode())
    return value(manners.site(stored.id, orjson.loads(stored.body)), status)


def sites(manners: Manners, stored: Sequence[StoredSite], *, chosen: bool) -> Answer:
    """A list of sites; `chosen` says that they were asked for by `ids[]`."""
    if manners.plain:
        return Answer(200, f"[{','.join(map(_as_stored, stored))}]".encode())
    listed = Family.BRIEF_IDS if chosen else Family.BRIEF_LISTS
    return value(manners.listing("sites", [manners.site(s.id, orjson.loads(s.body), listed) for s in stored]))


def created_site(manners: Manners, stored: StoredSite) -> Answer:
    """201 with the site, or only its id."""
    if manners.choose(Family.CREATE) is None:
        return site(manners, stored, 201)
    return created(manners, manners.site(stored.id, orjson.loads(stored.body)))


def created(manners: Manners, item: Mapping[str, Any]) -> Answer:
    """201 with what was made, or only its id."""
    habit = manners.choose(Family.CREATE)
    return value(item if habit is None else habit.act(item), 201)


def changed(manners: Manners, number: int, usual: Answer) -> Answer:
    """The usual answer, unless the service answers updates and deletes otherwise; `number` is what changed."""
    habit = manners.choose(Family.UPDATES, number)
    if habit is None:
        return usual
    status, body = habit.act(usual.body)
    return Answer(status, body)


def _as_stored(stored: StoredSite) -> str:
    """The stored text, which is a JSON object that is never empty, with the id in front."""
    return f'{{"id":{stored.id},{stored.body[1:]}'
