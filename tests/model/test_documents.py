"""A resource's values as JSON holds them, and back: what providers of other services keep."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st
from random_projects import value_of

from reconcile.model.address import Address
from reconcile.model.fields import UNMANAGED, client_kind, profile_kind, site_kind
from reconcile.model.resource import Live, fingerprint

SITE = site_kind((("widget", "raw", "button.colour"), ("raw", "note")))


@given(st.data())
def test_what_was_written_comes_back(data):
    written = [
        data.draw(st.none() | (st.text() if field.undocumented else value_of(field)), field.path)
        for field in SITE.fields
        if field.path != "url"
    ]
    rest = iter(written)
    raw = ["http://Окна.рф/" if field.path == "url" else next(rest) for field in SITE.fields]
    values = tuple(
        UNMANAGED if value is None else field.strict(_as_on_the_wire(field, value))
        for field, value in zip(SITE.fields, raw, strict=True)
    )

    document = json.loads(json.dumps(SITE.document(values)))
    back = SITE.values(document)

    for field, value, found in zip(SITE.fields, values, back, strict=True):
        assert found == (field.nothing if value is UNMANAGED else value), field.path
    assert SITE.values(SITE.document(back)) == back


def _as_on_the_wire(field, value):
    """Managers by the service's names of their fields, which are those that the type reads."""
    names = {item.name: item.wire[-1] for item in field.items}
    return [{names[name]: part for name, part in entry.items()} for entry in value] if names else value


def test_what_can_not_be_read_stays_the_text_that_it_was():
    kept = {"widget.call_time": "soon", "managers": "none", "blacklists.ip": "everybody", "phone_for_client": "x"}

    assert {path: SITE.document(SITE.values(kept))[path] for path in kept} == kept


def test_every_kind_has_documents():
    for kind, kept in (
        (client_kind(), {"email": "Owner@Acme.ru"}),
        (profile_kind(), {"timezone": "Europe/Moscow", "api_enable": "1"}),
    ):
        values = kind.values(kept)
        assert kind.values(kind.document(values)) == values
        assert kind.document(kind.blank()) == {}


def test_a_fingerprint_is_over_the_id_and_all_that_may_be_shown():
    """Saved plans hold it, so that it may not change with how it is worked out."""
    kind = site_kind((("raw", "x"),))
    url, managers = "http://Окна.рф/", [{"phone": "84951234567", "name": "Анна"}]
    document = {"url": url, "managers": managers, "report_period": 1, "auto_payment": True, "widget.call_time": "x"}
    live = Live(Address("studio", "site", "xn--80atjc.xn--p1ai"), 5, kind.values(document))
    shown = [f.type.show(v) for f, v in zip(kind.fields, live.values, strict=True) if not f.undocumented]
    shown[kind.index("url")] = live.address.name

    expected = hashlib.sha256(json.dumps([5, shown], ensure_ascii=False).encode()).hexdigest()

    assert [fingerprint(kind, live), fingerprint(kind, live)] == [expected, expected]
