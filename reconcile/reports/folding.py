"""Changes that a person reads as one: a block for those that are the same, and for very many that are alike."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

from msgspec import Struct

from reconcile.model.capabilities import Action
from reconcile.planning.plan import Change, FieldChange
from reconcile.reports.fields import of_a_week

#: Blocks that are alike stand each by itself as long as there are no more of them.
APART: Final = 10
#: Values that fit into a line; a tuple, since a union takes its time, and values are many.
_WORDS: Final = (str, int, float)


class Block(Struct, frozen=True):
    """Changes that are shown together, in the order of the plan; `same` says that they end in the same values."""

    changes: Sequence[Change]
    same: bool = True


def fold(changes: Sequence[Change], *, full: bool = False) -> list[Block]:
    """The changes in blocks: deletes first, the others in the order of their first addresses.

    A block has one account, kind and action, and the same fields get the same values in it. What those were before may
    differ where that is a word or a number; so may, where there would be more than `APART` blocks, whose sites they are
    and why, and after that the values themselves. With `full` nothing differs in a block but the sites' addresses.
    """
    blocks = [[number] for number in range(len(changes))]
    keys = _Keys()
    if full:
        same = blocks = _joined(changes, blocks, keys.in_full)
    else:
        same = _joined(changes, _joined(changes, blocks, keys.same), keys.same_for_others, APART)
        blocks = _joined(changes, same, _alike, APART)
    sizes = {block[0]: len(block) for block in same}
    blocks.sort(key=lambda block: changes[block[0]].action is not Action.DELETE)
    return [Block([changes[number] for number in block], sizes.get(block[0]) == len(block)) for block in blocks]


def _joined(
    changes: Sequence[Change], blocks: Sequence[list[int]], key: Callable[[Change], Hashable], most: int = 0
) -> list[list[int]]:
    """Blocks with the same key as one, where they are more than `most`."""
    same: dict[Hashable, list[list[int]]] = {}
    for block in blocks:
        same.setdefault(key(changes[block[0]]), []).append(block)
    made: list[list[int]] = []
    for found in same.values():
        made += [sorted(number for block in found for number in block)] if len(found) > most else found
    return sorted(made)


class _Keys:
    """What is the same in a block. Changes that share their fields, as thousands do, are looked at once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, Action], tuple[Hashable, Hashable]] = {}

    def in_full(self, change: Change) -> Hashable:
        """What is the same where everything is shown."""
        return _whose(change), _kind(change), self._fields(change)[0], tuple(item.before for item in change.fields)

    def same(self, change: Change) -> Hashable:
        """What is the same in a block of few."""
        return _whose(change), _kind(change), self._fields(change)

    def same_for_others(self, change: Change) -> Hashable:
        """What is the same whoever the sites belong to."""
        return _kind(change), self._fields(change)

    def _fields(self, change: Change) -> tuple[Hashable, Hashable]:
        """What the fields become, and, where that is no word or number, what they were."""
        key = id(change.fields), id(change.context), change.action
        known = self._known.get(key)
        if known is None:
            created = change.action is Action.CREATE  # which has nothing before
            before = () if created else tuple(None if is_plain(item) else item.before for item in change.fields)
            known = self._known[key] = (_fields(change), before)
        return known


def _alike(change: Change) -> Hashable:
    """What is the same in a block of very many: new sites of a group, and updates of the same fields."""
    if change.action is Action.CREATE:
        return _kind(change), change.member.group
    return _kind(change), tuple(item.field for item in change.fields)


def _kind(change: Change) -> Hashable:
    return change.address.account, change.address.kind, change.action


def _whose(change: Change) -> Hashable:
    """Whose site it is, and why it is changed, where the file that it is declared in is not all of that."""
    return change.client, "" if change.action is Action.UPDATE else change.reason


def _fields(change: Change) -> Hashable:
    """The fields and their new values, with the rest of a day's hours."""
    return (
        tuple((item.field, item.after) for item in told(change)),
        tuple((item.field, item.after) for item in change.context if of_a_week(item.field)),
    )


def told(change: Change) -> Sequence[FieldChange]:
    """The fields of a change that are not in its address anyway."""
    if change.action is not Action.CREATE:
        return change.fields
    return [item for item in change.fields if item.field.keys != ("url",)]


def is_plain(item: FieldChange) -> bool:
    """Whether a field's values are words or numbers that stand for themselves, so that many fit in a line."""
    return not of_a_week(item.field) and _is_word(item.before) and _is_word(item.after)


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, _WORDS)
