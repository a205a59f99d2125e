"""One comment that is found again and updated, and one issue: never a second, whoever else is at it.

Neither forge changes a comment on a condition. So every run looks again after it has written: where two have added one
each, the text of the later run stays and the others go; where an older run came in between, the newer writes again.
Whoever looks last sees all that was written, so that one is left.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from reconcile.review.forge import ForgeError, Note, Notes, Unreachable
from reconcile.review.marker import Marker, found

#: How often a run writes before it gives up: others keep changing the same comment.
ROUNDS: Final = 5


class Written(Enum):
    """What became of a text: written, there already, or left alone because that of a later run is there."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"


def ours(notes: list[Note], marker: Marker, heading: str) -> list[tuple[Marker, Note]]:
    """The comments of this program with the marker's kind and name, the one of the latest run last.

    Only this program's user counts: anybody can write a marker. Where a person has edited the marker away, the heading
    is left; where that is gone, too, nothing says any more that it is one of these.
    """
    made = []
    for note in notes:
        if note.own:
            there = found(note.body, marker.kind, marker.name)
            if there is None and heading in (note.title, *(line.strip() for line in note.body.splitlines()[:8])):
                there = Marker(marker.kind, marker.name)
            if there is not None:
                made.append((there, note))
    return sorted(made, key=lambda pair: (pair[0].age, -pair[1].id))


def write(
    notes: Notes, marker: Marker, heading: str, body: str, outdated: Callable[[], bool] = lambda: False
) -> Written:
    """Makes the one comment or issue say `body`, which begins with `marker`; `outdated` says whether a newer commit
    has come. Raises `ForgeError`.
    """
    done: Written | None = None
    for _ in range(ROUNDS):
        there = ours(notes.list(), marker, heading)
        if (there and there[-1][0].age > marker.age) or outdated():
            if done is not None and there and there[-1][0].age > marker.age:
                _settle(notes, there)
            return Written.OUTDATED
        if there and _same(there[-1][1].body, body):
            _settle(notes, there)
            return done or Written.UNCHANGED
        if there:
            if notes.change(there[-1][1], body):
                done = Written.UPDATED
            continue
        try:
            notes.add(heading, body)
        except Unreachable as error:
            lost = error
            if not ours(notes.list(), marker, heading):
                raise lost from None
        done = Written.ADDED
    raise ForgeError(f"somebody else keeps changing the comment of {marker.name}; run the job again")


def close(notes: Notes, marker: Marker, heading: str, body: str) -> int:
    """Closes every open issue of this kind and name, with a last text; gives how many there were."""
    there = ours(notes.list(), marker, heading)
    for _, note in there:
        notes.change(note, body)
        notes.remove(note)
    return len(there)


def _settle(notes: Notes, there: list[tuple[Marker, Note]]) -> None:
    """Takes away all but the one that is kept."""
    for _, note in there[:-1]:
        notes.remove(note)


def _same(one: str, other: str) -> bool:
    """Whether two texts are the same to a forge, which may change line ends and what is blank at the end."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
