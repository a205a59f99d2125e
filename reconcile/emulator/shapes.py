"""The shapes in which whole objects and lists may come back (api.md 1.6 and 1.7). Every function is pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconcile.emulator.refused import Refused
from reconcile.emulator.storage.sites import ANYBODY, Anybody

# --- inside a site ----------------------------------------------------------------------------------------------------


def empty_objects_as_lists(sections: Mapping[str, Any]) -> dict[str, Any]:
    """`[]` for an object without any value, PHP's empty array"""
    return {name: _empty_as_list(value) for name, value in sections.items()}


def _empty_as_list(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if all(inner in ("", None) for inner in value.values()):
        return []
    return {name: _empty_as_list(inner) for name, inner in value.items()}


def lists_as_objects(sections: Mapping[str, Any]) -> dict[str, Any]:
    """`{"0": …, "1": …}` for a list"""
    return {name: _lists_as_objects(value) for name, value in sections.items()}


def _lists_as_objects(value: Any) -> Any:
    if isinstance(value, list) and value:
        return {str(n): _lists_as_objects(entry) for n, entry in enumerate(value)}
    if isinstance(value, dict):
        return {name: _lists_as_objects(inner) for name, inner in value.items()}
    return value


#: Forty fields that no documentation mentions, by the level that they are added to.
UNDOCUMENTED: Final[Mapping[tuple[str, ...], Mapping[str, Any]]] = {
    (): {
        "user_id": 17,
        "contributor_id": None,
        "hash": "9e107d9d372bb6826bd81d3542a419d6",  # pragma: allowlist secret
        "status": "active",
        "created_at": "2015-10-02 17:58:43",
        "updated_at": "2015-10-02 17:58:43",
        "deleted_at": None,
        "tariff": {"id": 3, "name": "Старт", "paid_till": "2016-01-01 00:00:00"},
    },
    ("site",): {
        "title": "",
        "host": "acme.ru",
        "is_verified": "1",
        "code_installed": True,
        "last_visit_at": None,
        "balance": 1250.5,
        "currency": "RUB",
        "minutes_left": 42,
        "partner_id": 0,
        "tags": [],
        "notes": "Звонить после обеда\r\n",
        "locale": "ru",
    },
    ("widget",): {
        "widget_id": 91,
        "version": "2.7.1",
        "theme": "default",
        "color": "#ff6600",
        "texts": {"title": "Перезвоним за 28 секунд", "button": "Жду звонка"},
        "sound": 0,
        "animation": "pulse",
        "z_index": 2147483647,
        "utm": [],
        "ab_test": None,
        "social": {},
        "copyright": 1,
    },
    ("widget", "schelude"): {"holidays": [], "timezone_offset": 180},
    ("widget", "algoritms"): {"onscroll": {"percent": 50, "enable": 0}},
    ("blacklists",): {"country": "", "useragent": "", "count": 0},
    ("managers", "*"): {"id": 5, "sort": 100},
}


def undocumented_fields(sections: Mapping[str, Any]) -> dict[str, Any]:
    """forty fields more, at every level"""
    added = dict(sections)
    for path, fields in UNDOCUMENTED.items():
        added = _with_fields(added, path, fields)
    return added


def _with_fields(value: Any, path: tuple[str, ...], fields: Mapping[str, Any]) -> Any:
    """A value with more fields in the objects at a path; `*` is every entry of a list, or of PHP's object for one.

    What was stored under a name stays.
    """
    if isinstance(value, list) and path[:1] == ("*",):
        return [_with_fields(entry, path[1:], fields) for entry in value]
    if not isinstance(value, dict):
        return value
    if not path:
        return {**fields, **value}
    below = value if path[0] == "*" else value.keys() & {path[0]}
    return value | {name: _with_fields(value[name], path[1:], fields) for name in below}


# --- sites ------------------------------------------------------------------------------------------------------------


def flat(site: Mapping[str, Any]) -> dict[str, Any]:
    """the fields of the section `site` beside `id`"""
    rest = {name: value for name, value in site.items() if name not in ("id", "site")}
    return {"id": site["id"], **site["site"], **rest}


def brief(sections: Mapping[str, Any]) -> dict[str, Any]:
    """items without managers, widget and blacklists"""
    return {"site": sections["site"]}


def brief_by_ids(sections: Mapping[str, Any]) -> dict[str, Any]:
    """the same where `ids[]` chose the items"""
    return brief(sections)


def id_as_string(site_id: int) -> str:
    """`"id": "12"`"""
    return str(site_id)


# --- lists ------------------------------------------------------------------------------------------------------------


def wrapped_in_data(_name: str, items: list[Any]) -> Any:
    """`{"data": […]}`"""
    return {"data": items}


def wrapped_in_items(_name: str, items: list[Any]) -> Any:
    """`{"items": […]}`"""
    return {"items": items}


def wrapped_in_name(name: str, items: list[Any]) -> Any:
    """`{"sites": […]}`, or the name of what else it lists"""
    return {name: items}


def list_as_object(_name: str, items: list[Any]) -> Any:
    """`{"0": …, "1": …}` for the whole list; PHP can't tell an empty one from a list"""
    return {str(n): item for n, item in enumerate(items)} or []


# --- requests and changes ---------------------------------------------------------------------------------------------


def all_ids(ids: tuple[int, ...] | None) -> None:
    """`ids[]` is not honoured: the list is of all sites, and no fuller than usual"""


def no_ids(ids: tuple[int, ...] | None) -> None:
    """`ids[]` is refused, as a service does that has never heard of it"""
    if ids is not None:
        raise Refused(400, "GEN-PARAM-UNKNOWN", "ids is not documented")


def only_id(site: Mapping[str, Any]) -> dict[str, Any]:
    """a create answers with `{"id": N}` only"""
    return {"id": site["id"]}


def without_body(_body: bytes) -> tuple[int, bytes]:
    """updates and deletes answer 204, without a body"""
    return 204, b""


def accepted(body: bytes) -> tuple[int, bytes]:
    """updates and deletes answer 202"""
    return 202, body


# --- what is told, and what is taken ----------------------------------------------------------------------------------


def with_key(profile: Mapping[str, Any], api_key: str) -> dict[str, Any]:
    """the profile tells its API key"""
    return {**profile, "api_key": api_key}


def sites_of_clients_too(_owner: object) -> Anybody:
    """a studio's sites and calls are those of its clients, too"""
    return ANYBODY


#: The sections of a site that may hold what nobody documents.
LOOSE_SECTIONS: Final = ("site", "widget", "blacklists")


def loose_sections() -> tuple[str, ...]:
    """a site may be sent with fields that are not documented, which are kept"""
    return LOOSE_SECTIONS


# --- what an update means ---------------------------------------------------------------------------------------------


def merged(stored: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """updates keep what is not sent"""
    made = dict(stored)
    for name, value in sent.items():
        below = made.get(name)
        made[name] = merged(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return made
