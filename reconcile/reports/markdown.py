"""Plans as GitHub-flavoured Markdown, for a comment on a pull request: deletes first, and always short enough.

A comment holds 65,536 characters. What does not fit into `LIMIT` is left out as whole blocks, and a line at the top
says how much that is and where the full plan is. Deletes come before everything else: in their blocks where those fit,
else by name alone. Only where the names alone are too long are there deletes without one; their number is in bold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct, field

from reconcile.escaping import clean
from reconcile.model.capabilities import Action
from reconcile.model.normalize import count
from reconcile.planning.plan import Change, Plan, Severity
from reconcile.reports.behind import Declared, every_name, human
from reconcile.reports.fields import Line
from reconcile.reports.folding import Block, fold
from reconcile.reports.gfm import LINE, clip, details, fence, fitting, name, size, span
from reconcile.reports.heads import SIGNS, below, head
from reconcile.reports.said import said_texts
from reconcile.reports.tally import SEEN, tally_text
from reconcile.reports.text import left_alone, summary_text
from reconcile.reports.waves import waves_text

#: Every document is shorter (`gfm.size`), so that a comment has room for what others add to it.
LIMIT: Final = 60_000
#: Where a full plan is, as far as this program knows.
ELSEWHERE: Final = (
    "The full plan is what `reconcile plan --full` shows, or `reconcile show PLAN --full` of the saved one, which a "
    "workflow keeps with its run."
)
#: What is kept for the line that says what is left out, beside where the full plan is.
_NOTE: Final = 600
#: What is kept for errors and warnings where deletes would take all there is.
_SAID: Final = 4_000
#: The waves of a rollout that are shown: nobody has more.
_WAVES: Final = 20
#: The longest name of a delete where there are too many of them.
_LONGEST: Final = 500
#: Between two parts: an empty line.
_GAP: Final = size("\n\n")
#: What a diff is coloured by.
_DIFF_SIGNS: Final = {"~": "!"}


class _Room(Struct):
    """How much more fits."""

    left: int

    def take(self, text: str, more: int = 0) -> bool:
        """Whether a part still fits, with `more` beside it; it has its place then."""
        needed = size(text) + _GAP + more
        if needed > self.left:
            return False
        self.left -= needed
        return True


class _LeftOut(Struct):
    """What had no place."""

    changes: list[Change] = field(default_factory=list)
    unnamed: int = 0
    said: int = 0
    tally: bool = False
    waves: bool = False


def plan_markdown(plan: Plan, *, full: bool = False, elsewhere: str = ELSEWHERE) -> str:
    """The plan as Markdown of less than `LIMIT`. `elsewhere` is Markdown, too, and says where the full plan is."""
    title = f"### {summary_text(plan, 'below')}"
    room, left_out = _Room(LIMIT - 1 - size(title) - _GAP - _NOTE - size(elsewhere)), _LeftOut()
    blocks = fold(plan.changes, full=full)
    deletes = [block for block in blocks if _is_delete(block)]
    others = [block for block in blocks if not _is_delete(block)]
    parts = [
        *_deletes(deletes, plan.declared, room, left_out, full=full),
        *_said(plan, room, left_out, full=full),
        *_waves(plan, room, left_out),
        *_tally(plan, room, left_out),
        *_sections(others, plan.declared, room, left_out, full=full, shown=len(plan.changes) <= SEEN),
    ]
    note = _note(plan, left_out, elsewhere)
    return "\n\n".join([title, *note, *parts]) + "\n"


# --- deletes ----------------------------------------------------------------------------------------------------------


def _deletes(blocks: Sequence[Block], declared: Declared, room: _Room, left_out: _LeftOut, *, full: bool) -> list[str]:
    """All deletes: with ids, clients and reasons where that fits, else by name, else as many as can be."""
    whole = list(_sections(blocks, declared, _Room(10**9), _LeftOut(), full=full, shown=True, exactly=True))
    changes = [change for block in blocks for change in block.changes]
    for parts in (whole, _by_name(changes)):
        if room.take("\n\n".join(parts)):
            return parts
    return _as_many_as_fit(changes, room, left_out)


def _by_name(changes: Sequence[Change]) -> list[str]:
    """The names alone, those of an account and kind together."""
    made: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        made.setdefault((change.address.account, change.address.kind), []).append(change)
    return [
        details(_title(account, None, found), [_diff(Line("-", text) for text in every_name(found))], shown=True)
        for (account, _), found in made.items()
    ]


def _as_many_as_fit(changes: Sequence[Change], room: _Room, left_out: _LeftOut) -> list[str]:
    """The first names that fit, in one line for each account. The fence can't be longer than the longest of them."""
    most = room.left - _SAID - 2 * _LONGEST - 200
    named: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        account, kind, text = change.address.account, change.address.kind, human(change)
        needed = size(text) + 2 + (0 if (account, kind) in named else len(account) + len(kind) + 8)
        if len(text) <= _LONGEST >= len(account) and needed <= most:
            named.setdefault((account, kind), []).append(text)
            most -= needed
    lines = [f"- {clean(account)}, {kind}s: {', '.join(names)}" for (account, kind), names in named.items()]
    left_out.unnamed = len(changes) - sum(map(len, named.values()))
    said = f"{len(changes)} to delete, {len(changes) - left_out.unnamed} of them named here"
    part = details(said, [fence(lines, "diff")] if lines else [], shown=True)
    room.take(part)
    return [part]


# --- everything else --------------------------------------------------------------------------------------------------


def _said(plan: Plan, room: _Room, left_out: _LeftOut, *, full: bool) -> list[str]:
    """Errors, warnings and steps by hand, in half of the room where there is more."""
    order = [f"{Severity.ERROR}:", f"{Severity.WARNING}:"]
    texts = sorted(said_texts(plan, full=full), key=lambda text: [not text.startswith(word) for word in order])
    texts += left_alone(plan)
    lines = fitting(map(_item, texts), max(room.left // 2, min(room.left, _SAID)))
    left_out.said = len(texts) - len(lines)
    room.take(made := "\n".join(lines))
    return [made] if made else []


def _item(text: str) -> str:
    """A line of a list, in which the word at the beginning is ours."""
    word, _, rest = text.partition(": ")
    return f"- **{word}:** {span(clip(rest, LINE))}"


def _waves(plan: Plan, room: _Room, left_out: _LeftOut) -> list[str]:
    """In which waves `apply` would go; the first of very many."""
    if plan.rollout is None:
        return []
    lines = [clip(line, LINE) for line in waves_text(plan.rollout, _WAVES).split("\n")]
    title = f"<code>apply</code> goes in {count(plan.rollout.of_waves, 'wave')}"
    made = details(title, [fence(lines, "text")], shown=True)
    if room.take(made):
        return [made]
    left_out.waves = True
    return []


def _tally(plan: Plan, room: _Room, left_out: _LeftOut) -> list[str]:
    """The table by account, group and shared object, of plans that have one."""
    text = tally_text(plan)
    if not text:
        return []
    made = details("Changes by account, group and shared object", [fence(text.split("\n"), "text")], shown=False)
    if room.take(made):
        return [made]
    left_out.tally = True
    return []


def _sections(
    blocks: Sequence[Block],
    declared: Declared,
    room: _Room,
    left_out: _LeftOut,
    *,
    full: bool,
    shown: bool,
    exactly: bool = False,
) -> Iterator[str]:
    """The blocks by account and group; those that have no place are left out. `exactly` shows lines of any length."""
    for (account, group), found in _by_group(blocks):
        changes = [change for block in found for change in block.changes]
        frame = size(details(_title(account, group, changes, len(changes)), [], shown=shown)) + _GAP
        parts: list[str] = []
        number = 0
        for block in found:
            part = _block(block, declared, full=full, most=None if exactly else LINE)
            if room.take(part, 0 if parts else frame):
                parts.append(part)
                number += len(block.changes)
            else:
                left_out.changes += block.changes
        if parts:
            some = None if number == len(changes) else number
            yield details(_title(account, group, changes, some), parts, shown=shown)


def _by_group(blocks: Sequence[Block]) -> list[tuple[tuple[str, str], list[Block]]]:
    """The blocks by account, and by the group of their sites; those of sites that are in none are first."""
    made: dict[tuple[str, str], list[Block]] = {}
    for block in blocks:
        groups = {change.member.group for change in block.changes}
        one = groups.pop() if len(groups) == 1 else ""
        where = "several groups" if one == "" else "" if one is None else f"group {name(clean(one))}"
        made.setdefault((block.changes[0].address.account, where), []).append(block)
    return sorted(made.items())


def _title(account: str, where: str | None, changes: Sequence[Change], shown: int | None = None) -> str:
    """`studio, group dealers: 2 to create, 5 to update`, and how many of those are shown, where that is not all."""
    some = "" if shown is None else f"; {shown} of them shown"
    return f"{name(clean(account))}{f', {where}' if where else ''}: {_numbers(changes)}{some}"


def _numbers(changes: Iterable[Change]) -> str:
    """`2 to create, 5 to update`."""
    counts = Counter(change.action for change in changes)
    order = (Action.DELETE, Action.CREATE, Action.UPDATE)
    return ", ".join(f"{counts[action]} to {action}" for action in order if counts[action])


def _block(block: Block, declared: Declared, *, full: bool, most: int | None) -> str:
    """What happens, to which fields, and the sites behind it."""
    sign = SIGNS[block.changes[0].action]
    lines = [Line(sign, head(block, full=full)), *_deeper(below(block.changes, declared, full=full))]
    return _diff(lines, most)


def _deeper(lines: Iterable[Line]) -> Iterator[Line]:
    return (Line(line.sign, line.text, line.depth + 1) for line in lines)


def _diff(lines: Iterable[Line], most: int | None = None) -> str:
    """Lines in the colours of a diff, whose signs stand at their beginnings."""
    texts = [f"{_DIFF_SIGNS.get(line.sign, line.sign)} {'  ' * line.depth}{line.text}" for line in lines]
    return fence(texts if most is None else [clip(text, most) for text in texts], "diff")


def _is_delete(block: Block) -> bool:
    return block.changes[0].action is Action.DELETE


def _note(plan: Plan, left_out: _LeftOut, elsewhere: str) -> list[str]:
    """What is not shown, and where it is."""
    said = []
    if left_out.unnamed:
        said.append(f"the names of {left_out.unnamed} of the {plan.summary['delete']} to delete")
    if left_out.changes:
        said.append(f"{len(left_out.changes)} of {count(len(plan.changes), 'change')} ({_numbers(left_out.changes)})")
    if left_out.said:
        said.append(f"{left_out.said} of the errors, warnings and steps by hand")
    if left_out.waves:
        said.append("the waves")
    if left_out.tally:
        said.append("the table of numbers")
    return [f"**Too long for a comment. Left out: {'; '.join(said)}.** {elsewhere}"] if said else []
