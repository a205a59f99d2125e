"""A selection that is half written goes on with what the language and the project know, and with nothing else."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reconcile.planning.select.complete import Vocabulary, completions
from reconcile.planning.select.syntax import parse
from reconcile.planning.select.terms import KEYS

NAMES = st.text(st.one_of(st.characters(exclude_categories=["C"]), st.sampled_from(" ()'\"=~!*?")), max_size=8)
WORDS = st.builds(
    lambda addresses, values, labels: Vocabulary(addresses, dict.fromkeys(KEYS, values), labels),
    st.lists(st.sampled_from(["acme.ru", "окна.рф", "acme.ru/spb", "xn--80atjc.xn--p1ai"])),
    st.lists(NAMES),
    st.dictionaries(NAMES.filter(bool), st.lists(NAMES)),
)
#: Expressions to which one more term can be written.
BEGINNINGS = st.sampled_from(
    ["", "not ", "tier=gold and ", "(", "acme.ru or not (", 'a="b c" and ', "NOT ( ", "x ~ y* or "]
)


@given(words=WORDS, head=BEGINNINGS, data=st.data())
@settings(deadline=None)
def test_what_is_finished_is_an_expression_and_the_rest_can_be_finished(words, head, data):
    for candidate in completions(head, words):
        assert candidate.text.startswith(head)
        whole = candidate.text
        if not candidate.finished:
            known = list(completions(whole, words))
            whole = data.draw(st.sampled_from(known)).text if known else f"{whole}x"
            whole = f"{whole}x" if whole.endswith((" ", "=")) else whole
        parse(whole + ")" * head.count("("))


@given(words=WORDS, text=st.text(st.sampled_from("ab =~!()'\"*andortn"), max_size=20))
@settings(deadline=None)
def test_any_text_is_gone_on_with_or_left(words, text):
    for candidate in completions(text, words):
        assert _bare(candidate.text).startswith(_bare(text))


def _bare(text):
    """A text without the quotes that words may get."""
    return text.replace("'", "").replace('"', "")


def test_after_a_term_comes_what_joins_it_to_another():
    words = Vocabulary(["acme.ru"], {}, {"tier": ["gold"]})

    assert [one.text for one in completions("tier=gold ", words)] == ["tier=gold and ", "tier=gold or "]
    assert [one.text for one in completions("(acme.ru) o", words)] == ["(acme.ru) or "]
    assert [one.text for one in completions("acme.ru acm", words)] == []
    assert [one.text for one in completions("not a", words)] == ["not address=", "not account=", "not acme.ru"]
    assert [one.text for one in completions('"acme.ru" and ti', words)] == ['"acme.ru" and tier=']
