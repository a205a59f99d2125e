"""Random projects, drawn from the schemas: every field that there is takes part, also one added tomorrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from hypothesis import strategies as st

from reconcile.config.week import DAYS
from reconcile.model.fields import Field, site_kind
from reconcile.providers.pozvonim.capabilities import CAPABILITIES

TEXT = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_categories=["C", "Z"]),
        st.sampled_from(" аЯё№\"'&=+%[]{}#:;,~`\\/?"),
    ),
    max_size=20,
).map(lambda text: text.strip().replace("${", "$"))  # which would be a reference
LINE = st.one_of(TEXT, st.sampled_from(["/admin", "utm_source=spam", "0", "1", "реклама", "+7"]))
HOURS = st.one_of(st.integers(0, 24), st.builds("{}:{:02}".format, st.integers(0, 23), st.integers(1, 59)))
HOME_PHONES = st.builds(
    lambda form, number: form.format(number[:3], number[3:6], number[6:8], number[8:]),
    st.sampled_from(["+7{}{}{}{}", "8{}{}{}{}", "7{}{}{}{}", "+7 ({}) {}-{}-{}", "8 {} {} {} {}", "{}{}{}{}"]),
    # Not 810…: that is how one dials abroad in Russia, so that ten digits alone are no Russian number.
    st.from_regex(r"(?:[349][0-9]{2}|8[02-9][0-9])[1-9][0-9]{6}", fullmatch=True),
)
PHONES = st.one_of(
    HOME_PHONES, st.sampled_from(["+380441234567", "+49 30 901820", "+1 212-555-0123", "+998 71 200 70 07"])
)
EMAILS = st.one_of(st.just(""), st.sampled_from(["owner@acme.ru", "o+x@studio.example", "Отдел@почта.рф"]))
NETWORKS = st.one_of(
    st.ip_addresses().map(str),
    st.builds("{}/{}".format, st.ip_addresses(v=4), st.integers(0, 32)),
    st.builds("{}/{}".format, st.ip_addresses(v=6), st.integers(0, 128)),
)
ZONES = st.sampled_from(["Europe/Moscow", "Europe/Kaliningrad", "Asia/Vladivostok", "Asia/Yekaterinburg", "UTC"])
ADDRESSES = st.lists(
    st.sampled_from(
        ["acme.ru", "Окна-Мастер.рф", "цветы.example", "shop.example.ru/moscow", "Beta.RU", "gamma.ru:8080"]
    ),
    min_size=1,
    max_size=4,
    unique=True,
)

BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "flag": st.booleans(),
    "integer": st.integers(0, 100),
    "hour": HOURS,
    "text": TEXT,
    "timezone": ZONES,
    "phone": PHONES,
    "phone_prefix": st.sampled_from(["+7", "+380", "7", 1, "+998"]),
    "networks": st.lists(NETWORKS, max_size=4),
    "phones": st.lists(PHONES, max_size=3),
    "lines": st.lists(LINE, max_size=4),
    "events": st.lists(st.sampled_from(["missed", "answered", "1", "2"]), max_size=3),
}


def value_of(field: Field) -> st.SearchStrategy[Any]:
    """What a user may write for a field."""
    if field.type.name == "objects":
        entry = {item.name: value_of(item) for item in field.items}
        required = {item.name: entry.pop(item.name) for item in field.items if item.name == "phone"}
        return st.lists(st.fixed_dictionaries(required, optional=entry), min_size=1, max_size=4)
    if field.name.endswith("email"):
        return EMAILS
    return BY_TYPE[field.type.name]


@st.composite
def sites(draw: Callable[..., Any], addresses: list[str]) -> dict[str, Any]:
    """Sites with these addresses; each mentions some of the fields."""
    made = {}
    for address in addresses:
        raw: dict[str, Any] = {}
        for field in site_kind(sections=CAPABILITIES.sections).fields:
            if field.path == "url":
                if draw(st.booleans()):
                    raw["url"] = draw(st.sampled_from(["http://{}/", "https://{}", "{}/"])).format(address)
            elif field.path == "managers" or draw(st.booleans()):
                _put(raw, field.keys, draw(value_of(field)))
        if "blacklists" in raw:
            raw["blacklists"] = [raw["blacklists"]]
        elif draw(st.booleans()):
            raw["blacklists"] = []
        _weeks(draw, raw)
        made[address] = raw
    return made


def _put(raw: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    for key in keys[:-1]:
        raw = raw.setdefault(key, {})
    raw[keys[-1]] = value


def _weeks(draw: Callable[..., Any], raw: dict[str, Any]) -> None:
    """Some days as people write them."""
    week = raw.get("widget", {}).get("schedule", {})
    for day in DAYS:
        if day in week and draw(st.booleans()):
            week[day] = draw(st.sampled_from(["9-18", "10:30-15", "closed", "0-24", "08:00 - 17:45"]))


#: Values of fields that nobody documents: all that YAML can hold and a form can carry.
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**15), 10**15),
    st.integers(-400, 400).map(lambda n: n / 4),
    TEXT,
    st.sampled_from(["#FF6600", "007", "09:00", "true", "+7 (495) 123-45-67", "http://Окна.рф/", "a\nb\n", "1.50"]),
)
#: None of those that a personality of the emulator puts in where they are absent.
NAMES = st.sampled_from(["button_color", "words", "Тексты", "a b", "x1", "steps", "sort"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
UNDOCUMENTED = st.dictionaries(NAMES, VALUES, max_size=3)


@st.composite
def studios(draw: Callable[..., Any]) -> list[dict[str, Any]]:
    """Two versions of a studio with clients: the same sites under the same owners, with undocumented fields."""
    addresses = draw(ADDRESSES)
    owners = {address: draw(st.sampled_from([None, "acme", "Окна"])) for address in addresses}
    clients = {name: {"email": email, "password": "s3cr3t"} for name, email in CLIENTS.items()}
    versions = []
    for _ in range(2):
        declared = draw(sites(addresses))
        for address, raw in declared.items():
            raw["client"] = owners[address]
            _undocumented(draw, raw)
        zone = draw(st.one_of(st.none(), ZONES))
        versions.append({"sites": declared, "clients": clients, "profile": {"timezone": zone}})
    return versions


#: The clients of random studios, by their names.
CLIENTS = {"acme": "Owner@Acme.ru", "Окна": "owner@xn--80atjc.xn--p1ai"}


def _undocumented(draw: Callable[..., Any], raw: dict[str, Any]) -> None:
    """Undocumented fields in every place that can have them."""
    raw["raw"] = draw(UNDOCUMENTED)
    raw.setdefault("widget", {})["raw"] = draw(UNDOCUMENTED)
    raw["blacklists"] = [*raw.get("blacklists", []), {"raw": draw(UNDOCUMENTED)}]


def write(folder: Any, account: dict[str, Any], declared: dict[str, Any], **more: Any) -> None:
    """Writes a project of one account; `more` are other sections."""
    data = {
        **more,
        "accounts": {"studio": account},
        "sites": declared,
        "safety": {"max_deletes": 99, "max_delete_percent": 100},
    }
    (folder / "project.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
