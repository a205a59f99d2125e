from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.providers.http import alike

PARTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
ITEMS = st.lists(st.dictionaries(st.sampled_from(["id", "site", "widget", "ключ"]), PARTS, max_size=4), max_size=6)
ANSWERS = ITEMS | st.dictionaries(st.sampled_from(["sites", "data", "total", "0", "1"]), ITEMS | PARTS) | PARTS


def spelled(value: Any, *, ascii_only: bool) -> bytes:
    return json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


def outcome(read: Any, body: bytes) -> Any:
    try:
        return read(body)
    except orjson.JSONDecodeError:
        return "not JSON"


@pytest.fixture(autouse=True)
def everything_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "LONG", 0)


@given(ANSWERS, st.booleans())
def test_it_reads_what_orjson_reads(value: Any, ascii_only: bool) -> None:
    body = spelled(value, ascii_only=ascii_only)
    assert outcome(alike.loads, body) == outcome(orjson.loads, body)


@given(ANSWERS, st.data())
def test_what_is_broken_anywhere_is_as_broken_as_for_orjson(value: Any, data: st.DataObject) -> None:
    body = bytearray(spelled(value, ascii_only=False))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b"]", b"}", b",", b'"', b"\xff", b"\0"])
        )
    assert outcome(alike.loads, bytes(body)) == outcome(orjson.loads, bytes(body))


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id": 1, "id": 2}, {"id": 1, "id": 2}]',
        b'[{"id": 18446744073709551616}]',
        b'[{"id": 1e400}]',
        b'[{"id": NaN}]',
        b'[{"id": 01}]',
        b'[{"id": "\\ud800"}]',
        b'[{"id": "\xed\xa0\x80"}]',
        b'[{"id": "\xff"}]',
        b'[{"id": 1}] ',
        b'[{"id": 1}] x',
        b'[{"id": 1},]',
        b'[{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
        b"[" * 100_000,
        b'{"sites": [{"id": 1}], "sites": [{"id": 2}]}',
        b'{"sites": [{"id": 1}, 2]}',
        b"",
    ],
)
def test_oddities_are_what_they_are_to_orjson(body: bytes) -> None:
    assert outcome(alike.loads, body) == outcome(orjson.loads, body)


@pytest.mark.parametrize("wrapper", ["[{}]", '{{"sites": [{}], "total": 3}}'])
def test_what_is_written_alike_is_one_value(wrapper: str) -> None:
    items = '{"id": 1, "w": {"a": 1}}, {"id": 2, "w": {"a": 1}}, {"id": 3, "w": {"a":1}}'
    found = alike.loads(wrapper.format(items).encode())
    first, second, third = found if isinstance(found, list) else found["sites"]
    assert first["w"] is second["w"]
    assert first["w"] is not third["w"] == first["w"]


def test_a_short_answer_is_read_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "LONG", 1000)
    first, second = alike.loads(b'[{"w": {"a": 1}}, {"w": {"a": 1}}]')
    assert first["w"] is not second["w"]
