"""Any bytes give a value, or one of our errors: projects, answers of services, saved plans.

`make fuzz` looks for longer, led by coverage; what it ever found is a case in `regressions/`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import fuzz_targets
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

REGRESSIONS = Path(__file__).parent / "regressions"
FAST = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))

#: Words of projects, and of the services' answers, so that what is drawn comes further than the parser.
PROJECT_WORDS = """
    sites widgets managers clients accounts schedules blacklists defaults site_groups safety account client widget
    extends schedule phone name email password url acme.ru окна.рф studio c +74951234567 monday-friday 9-18 closed
    previous_address ${env.A} ${env.N} ${env.GONE:-x} ${file.x} ${each.x} $${ raw labels id null << profile api_key
    timezone prevent_destroy call_defaults report_period algorithms onexit owner@acme.ru from template address
    overrides min_rows delimiter encoding ${each.host:-a.ru} fuzzed.yaml fuzzed.csv host
"""
ANSWER_WORDS = """
    id site managers widget blacklists url data items token expire error code message http_code timezone phone name
    email 0 1 total time start_at status duration schelude monday from site_id success_calls date balance
"""
WORDS, NAMES = (st.sampled_from(words.split()) for words in (PROJECT_WORDS, ANSWER_WORDS))
SCALARS = st.one_of(WORDS, st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=5)),
    max_leaves=25,
)
NUMBERS = st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(NAMES, st.text(max_size=6)), inner, max_size=5),
    ),
    max_leaves=20,
)
ODD_HEADERS = ("http://[", "//x", "Wed, 21 Oct 2015 07:28:00 GMT", "9" * 400, "1e309", "-1", "https://a:b@c/?sign=1")
HEADERS = st.dictionaries(
    st.sampled_from(["date", "Retry-After", "location", "content-type"]),
    st.one_of(st.text(max_size=30), st.sampled_from(ODD_HEADERS)),
)
USUAL = (200, 201, 202, 204, 301, 302, 400, 401, 403, 404, 429, 500, 503)
STATUSES = st.one_of(st.sampled_from(USUAL), st.integers(0, 999))


@FAST
@given(st.binary(max_size=300))
def test_any_bytes_are_a_project_or_an_error(data):
    fuzz_targets.project(data)


@FAST
@given(TREES)
def test_any_tree_is_a_project_or_an_error(tree):
    fuzz_targets.project(json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass"))


#: Pieces of tables, in each encoding that one may have.
CELLS = st.sampled_from(
    [*',;\t|"\n\r\0 ', "\r\n", '""', "host", "phone", "a.ru", "окна.рф", "84951234567", "\ufeff", "sep=;\n"]
)
PIECES = st.one_of(CELLS, CELLS, CELLS, st.text(max_size=3))
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1251", "utf-32"])


@FAST
@given(st.one_of(st.binary(max_size=120), st.lists(PIECES, max_size=40).map("".join)), ENCODINGS)
@example("host;phone\n" + "a.ru;1\n" * 3 + '"', "utf-8")
def test_any_bytes_are_a_table_or_an_error(data, encoding):
    fuzz_targets.table(data if isinstance(data, bytes) else data.encode(encoding, "replace"))


@FAST
@given(STATUSES, HEADERS, st.one_of(st.binary(max_size=200), JSON.map(lambda raw: json.dumps(raw).encode())))
@example(302, {"Location": "http://["}, b"")
@example(200, {}, b'{"managers":[],"data":[]}')
def test_any_answer_is_a_value_or_an_error(status, headers, body):
    fuzz_targets.answer(status, headers, body)


@FAST
@given(st.one_of(st.text(max_size=200), JSON.map(json.dumps)))
def test_any_text_is_a_plan_or_an_error(text):
    fuzz_targets.plan(text)


@FAST
@given(st.integers(0, 2**32))
def test_any_change_of_a_plan_is_a_plan_or_an_error(seed):
    fuzz_targets.plan(fuzz_targets.mutated(seed))


@pytest.mark.parametrize("path", sorted(REGRESSIONS.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_once_is_not_found_again(path):
    fuzz_targets.TARGETS[path.parent.name](path.read_bytes())


LARGE = {
    "a long text": b'[{"id": 1, "url": "' + b"a." * 500_000 + b'ru"}]',
    "many digits": b'[{"id": ' + b"9" * 1_000_000 + b"}]",
    "deep": b"[" * 500_000 + b"]" * 500_000,
    "a long phone": b'{"id": 1, "phone": "' + b"+7" * 500_000 + b'", "start_at": "' + b"1" * 500_000 + b'"}',
    "a cyrillic host": b'[{"id": 1, "site": {"url": "' + "ж".encode() * 500_000 + '.рф"}, "widget": {}}]'.encode(),
    "many keys": json.dumps({str(n): {"id": n + 1} for n in range(1_500)}).encode(),
    "an error": b'{"error": {"message": "' + b"sign=" * 500_000 + b'"}}',
    "spaces": b'{"error": {"message": "' + b" " * 1_000_000 + b'", "code": "' + b"A" * 1_000_000 + b'"}}',
    "a page": b"<html>" + b"sign = " * 500_000,
}


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("status", [200, 500])
def test_a_large_answer_is_read_in_bounded_time(name, status):
    began = time.process_time()

    fuzz_targets.answer(status, {}, LARGE[name])

    assert time.process_time() - began < 20
