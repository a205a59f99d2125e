"""Properties of every field of a site: one canonical form, whatever the way to it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconcile.model.fields import UNMANAGED, Field, site_kind

KIND = site_kind()
FIELDS = [pytest.param(field, id=field.path) for field in KIND.fields]

_DIGITS = st.integers(2_000_000, 9_999_999).map(str)
_LINE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
_PHONE = st.one_of(
    st.tuples(st.sampled_from(["+7", "8", "7"]), st.sampled_from(["495", "812", "905"]), _DIGITS).map("".join),
    st.sampled_from(["+442071838750", "+375 29 123-45-67", "8 (800) 555-35-35", "+1 650-253-0000"]),
)
_NETWORK = st.one_of(
    st.ip_addresses().map(str), st.tuples(st.ip_addresses(v=4), st.integers(8, 32)).map(lambda n: f"{n[0]}/{n[1]}")
)
_LABEL = st.text("abcxyzабвэюя0189", min_size=1, max_size=8)
_URL = st.builds(
    "{}{}.{}{}".format,
    st.sampled_from(["", "http://", "https://"]),
    _LABEL,
    st.sampled_from(["ru", "РФ", "com"]),
    st.sampled_from(["", "/", "/shop", ":8080"]),
)

#: What a user may write, by the type of the field.
WRITTEN = {
    "flag": st.booleans(),
    "integer": st.integers(-(10**17), 10**17),
    "hour": st.one_of(st.integers(0, 24), st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))),
    "text": st.text(max_size=20),
    "timezone": st.sampled_from(["Europe/Moscow", "Asia/Vladivostok", "UTC", "America/Argentina/Salta"]),
    "phone": _PHONE,
    "phone_prefix": st.integers(1, 9999).flatmap(lambda n: st.sampled_from([n, str(n), f"+{n}"])),
    "url": _URL,
    "networks": st.lists(_NETWORK, max_size=4),
    "phones": st.lists(_PHONE, max_size=4),
    "lines": st.lists(_LINE, max_size=4),
    "events": st.lists(_LINE, max_size=4),
}
_PERSON = st.fixed_dictionaries({"phone": _PHONE}, optional={"name": _LINE, "region": _LINE})


def written(field: Field) -> st.SearchStrategy:
    return st.lists(_PERSON, min_size=1, max_size=3) if field.items else WRITTEN[field.type.name]


def strict(field: Field, raw):
    """What composing makes of a value; managers are read one by one there."""
    return field.lenient(raw) if field.items else field.strict(raw)


@pytest.mark.parametrize("field", FIELDS)
def test_showing_and_reading_again_changes_nothing(field):
    @settings(max_examples=15)
    @given(written(field))
    def check(raw):
        value = strict(field, raw)
        shown = field.type.show(value)
        assert strict(field, shown) == value
        assert strict(field, json.loads(json.dumps(shown))) == value
        assert field.type.show(strict(field, shown)) == shown

    check()


@pytest.mark.parametrize("field", FIELDS)
def test_what_is_sent_comes_back_as_the_same_value(field):
    @settings(max_examples=15)
    @given(written(field))
    def check(raw):
        value = strict(field, raw)
        sent = field.type.wire(value)
        echoed = json.loads(json.dumps(sent))
        assert field.lenient(echoed) == value or value == field.nothing == field.lenient(None)
        if not field.items:
            as_text = "\r\n".join(sent) + "\r\n" if isinstance(sent, list) else f"{sent}"
            assert field.lenient(as_text) == value

    check()


@pytest.mark.parametrize("field", FIELDS)
def test_no_value_is_one_value_in_all_spellings(field):
    nothings = {repr(field.lenient(raw)) for raw in (None, [], {})}

    assert nothings == {repr(field.nothing)}
    assert field.lenient("") in (field.nothing, field.type.blank)


@pytest.mark.parametrize("field", FIELDS)
def test_zero_is_no_value_where_the_default_is_zero(field):
    if field.default is UNMANAGED or field.type.name not in ("flag", "integer"):
        return
    assert (field.lenient(0) == field.lenient(None)) is (field.default == 0)


@pytest.mark.parametrize("field", FIELDS)
def test_what_the_service_gives_is_never_refused(field):
    @settings(max_examples=25)
    @given(st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ))  # fmt: skip
    def check(raw):
        hash(field.lenient(raw))

    check()


def test_the_kind_holds_every_field_of_the_api_once():
    paths = [field.path for field in KIND.fields]

    assert len(paths) == len(set(paths)) == 67
    assert [field.index for field in KIND.fields] == list(range(67))
    assert KIND.sections == ("site", "managers", "widget", "blacklists", "website")


@pytest.mark.parametrize(
    ("path", "wire"),
    [
        ("url", ("site", "url")),
        ("managers", ("managers",)),
        ("widget.schedule.monday.from", ("widget", "schelude", "monday", "from")),
        ("widget.schedule_night", ("widget", "schelude_night")),
        ("widget.schedule_call_delay", ("widget", "schelude_call_delay")),
        ("widget.algorithms.onexit.time", ("widget", "algoritms", "onexit", "time")),
        ("blacklists.referer", ("blacklists", "referer")),
    ],
)
def test_wire_names_are_the_services_own(path, wire):
    assert KIND.by_path[path].wire == wire


@pytest.mark.parametrize(
    ("path", "default"),
    [
        ("report_period", 86400),
        ("report_analytic", True),
        ("notification_type", 2),
        ("notification_notify", UNMANAGED),
        ("report_email", UNMANAGED),
        ("widget.timezone", "Europe/Moscow"),
        ("widget.tracking_yandex_target", "pozvonimcall"),
        ("widget.schedule.sunday.from", 9),
        ("widget.schedule.sunday.to", 18),
        ("widget.schedule.sunday.enable", True),
        ("widget.schedule_call_delay", 2),
        ("widget.algorithms.onwait.time", 30),
        ("widget.algorithms.onreturn.enable", False),
        ("widget.call_time", 28),
        ("widget.phone_prefix", "+7"),
        ("blacklists.referer", UNMANAGED),
    ],
)
def test_defaults_are_the_documented_ones(path, default):
    assert KIND.by_path[path].default == default


def test_only_what_costs_money_is_marked():
    assert [field.path for field in KIND.fields if field.money] == ["auto_payment"]
