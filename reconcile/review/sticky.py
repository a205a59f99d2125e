"""One comment that is found again and updated, and one issue: never a second, whoever else is at it.

Neither forge changes a comment on a condition. So every run looks again after it has written: where two have added one
each, the text with the fresher plan stays and the others go; where an older one came in between, the newer writes
again. Whoever looks last sees all that was written, so that one is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Final

from reconcile.escaping import clean
from reconcile.review.forge import Added, ForgeError, Note, Notes, Unreachable
from reconcile.review.marker import Marker, found, now

#: How often a run writes before it gives up: others keep changing the same comment.
ROUNDS: Final = 8
#: Seconds, which double: for a list that does not show yet what was written.
LAG: Final = 0.1


class Written(Enum):
    """What became of a text: written, there already, or left alone because that of a fresher plan is there."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"


def ours(notes: list[Note], marker: Marker, heading: str) -> list[tuple[Marker, Note]]:
    """The comments of this program with the marker's kind and name, the one of the freshest plan last.

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
    notes: Notes,
    marker: Marker,
    heading: str,
    body: str,
    outdated: Callable[[], bool] | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Written:
    """Makes the one comment or issue say `body`, which begins with `marker`; `outdated` says whether a newer commit
    has come, and where it is given, a fresher plan counts only if it is of the same commit. Adds at most one.

    Raises `ForgeError`.
    """
    done: Written | None = None
    added: Note | None = None
    replaced: tuple[int, str] | None = None
    waited, looked = 0, False
    for number in range(ROUNDS):
        if outdated is not None and outdated():
            return Written.OUTDATED
        there = ours(notes.list(), marker, heading)
        if there and _later(there[-1][0], marker, outdated is not None):
            _settle(notes, there)
            return Written.OUTDATED
        if there and _same(there[-1][1].body, body):
            _settle(notes, there)
            if done is None or looked:
                return done or Written.UNCHANGED
            looked = True  # once more: an older run that had looked before we wrote may write after us
            pause(LAG)
            continue
        late = replaced is not None and bool(there) and replaced == (there[-1][1].id, there[-1][1].body)
        if late or (added is not None and not there):
            pause(LAG * 2**number)
            waited += 1
            replaced = None  # it may be an older run that wrote its text again: then ours follows
            continue
        if there:
            if notes.change(there[-1][1], body):
                done, replaced = Written.UPDATED, (there[-1][1].id, there[-1][1].body)
            continue
        added, done = _add(notes, marker, heading, body), Written.ADDED
        waited = 0
    if waited:  # the list is still behind what was written
        return done or Written.UNCHANGED
    raise ForgeError(f"somebody else keeps changing the comment of {marker.name}; run the job again")


def _later(other: Marker, ours: Marker, same_commit: bool) -> bool:
    """Whether a text is of a fresher plan, as far as a marker is believed, which any person may have edited: none was
    made in the future. One that was edited to a time before a run begins is older than what that run says.
    """
    return ours.age < other.age and other.at <= now() and (not same_commit or other.commit == ours.commit)


def _add(notes: Notes, marker: Marker, heading: str, body: str) -> Note:
    """Adds one, which may be there though its answer was lost. Raises `ForgeError`."""
    try:
        return known(notes, notes.add(heading, body))
    except Unreachable:
        found = ours(notes.list(), marker, heading)
        if not found:
            raise
        return found[-1][1]


def known(notes: Notes, made: Added) -> Note:
    """What was added, if it is found again as ours; otherwise every run would add one. Raises `ForgeError`."""
    if not made.note.own:
        notes.remove(made.note)
        raise ForgeError(f"this token writes as {clean(made.login)[:100]}: set `author` to that login")
    return made.note


def close(notes: Notes, marker: Marker, heading: str, body: str) -> Written:
    """Closes every open issue of this kind and name, with a last text, unless a fresher plan is there."""
    there = ours(notes.list(), marker, heading)
    if there and _later(there[-1][0], marker, same_commit=False):
        return Written.OUTDATED
    for _, note in there:
        notes.change(note, body)
        notes.remove(note)
    return Written.UPDATED if there else Written.UNCHANGED


def _settle(notes: Notes, there: list[tuple[Marker, Note]]) -> None:
    """Takes away all but the one that is kept."""
    for _, note in there[:-1]:
        notes.remove(note)


def _same(one: str, other: str) -> bool:
    """Whether two texts are the same to a forge, which may change line ends and what is blank at the end."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
