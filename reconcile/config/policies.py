"""`policies:`, checked: expressions that can be read, and that name what there is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from reconcile.config.places import Fault, Place, Written
from reconcile.config.sections import Named
from reconcile.config.settings import with_defaults
from reconcile.model.expressions import ExpressionError, Names, compiled
from reconcile.model.fields import Kinds, schemas
from reconcile.model.policy import Level, Policy


def policies(
    entries: Mapping[str, Named],
    known: Kinds,
    given: Mapping[str, Collection[str]],
    sections: Mapping[str, frozenset[str]],
    written: Written,
    faults: list[Fault],
) -> tuple[Policy, ...]:
    """The policies that are declared, by their names; those that are wrong are left out, and said.

    `given` are the names that the project gives (see `Names`), and `sections` those of a site that each service keeps.
    """
    names = Names(known, given)
    made = []
    for name, entry in sorted(entries.items()):
        if not entry.raw or not {"require", "deny"} & entry.raw.keys():
            continue  # what is missing has been said
        raw = with_defaults(schemas()["policy"], entry.raw)
        policy = Policy(
            name, raw.get("when"), raw.get("require"), raw.get("deny"), raw.get("message", ""), Level(raw["level"])
        )
        found = list(_wrong(policy, entry.place, names, sections, written))
        faults += found
        made += [] if found else [policy]
    return tuple(made)


def _wrong(
    policy: Policy, place: Place, names: Names, sections: Mapping[str, frozenset[str]], written: Written
) -> Iterable[Fault]:
    """What is wrong with a policy's expressions and its message, at its place in the file."""
    said = Place(place.file, (*place.keys, "message"))
    if (said.file, said.keys) in written:  # a breach is printed, saved and published
        yield Fault(said, "a message takes no ${…}, which could be a secret that everybody reads then; write the text")
    kinds, services, used = frozenset(names.trees), frozenset(sections), frozenset[str]()
    for key, text in policy.expressions:
        at = Place(place.file, (*place.keys, key))
        if (at.file, at.keys) in written:
            yield Fault(at, "an expression takes no ${…}, which could put anything in it; write what is meant")
            continue
        try:
            use = compiled(text, names).use
        except ExpressionError as error:
            yield Fault(Place(at.file, at.keys, within=_offset(text, error)), error.message)
            continue
        used |= use.sections
        kinds &= use.kinds
        services &= {name for name, kept in sections.items() if used <= kept}
        asked = kinds, services
        if key != "require":  # only what it is true of is asked more, or refused
            asked = kinds & use.true_of.get("kind", kinds), services & use.true_of.get("provider", services)
        if key == "when":
            kinds, services = asked
        if not asked[0]:
            yield Fault(at, "no kind of resource has all that this policy names: one policy is about one kind")
            return
        if not asked[1]:
            yield Fault(at, "no service has sites with all that this policy names; write a policy for each")
            return


def _offset(text: str, error: ExpressionError) -> int | None:
    """How many characters into an expression something is wrong; None where that is not said."""
    if error.line < 1:
        return None
    return sum(len(one) + 1 for one in text.split("\n")[: error.line - 1]) + error.column - 1
