"""The nouns of a plan. A plan is an immutable, ordered value; everything else reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from reconcile.model import resource
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import Field, Kinds
from reconcile.model.resource import NOWHERE, Desired, Fingerprint, Live, Membership, Ref
from reconcile.values import Guarded

if TYPE_CHECKING:
    from reconcile.planning.waves import InWaves

#: What stands in place of a value that may not be shown.
HIDDEN = resource.HIDDEN


class Severity(StrEnum):
    """An error keeps a plan from being applied; a warning is only said."""

    ERROR = "error"
    WARNING = "warning"


class Diagnostic(Struct, frozen=True, order=True):
    """Something to be said about a plan: `address` is the resource or account that it is about.

    `rule` is the policy that says it, if one does; `place` is where that stands, and `declared` where the resource is
    declared, both as `file:line:column` where they are known.
    """

    severity: Severity
    address: str
    message: str
    rule: str = ""
    place: str = ""
    declared: str = ""

    @property
    def who(self) -> str:
        """The address as people read it, and where the resource is declared."""
        if "/" not in self.address:
            return self.address or "all resources"
        shown = Address.parse(self.address).shown
        return f"{shown} ({self.declared})" if self.declared else shown

    def __str__(self) -> str:
        return (
            f"{self.severity}: {self.address}: {self.message}" if self.address else f"{self.severity}: {self.message}"
        )


class ManualStep(Struct, frozen=True, order=True):
    """What a person has to do, because the service's API can't: where, what is not as declared, and what to do."""

    address: str
    message: str

    def __str__(self) -> str:
        return f"by hand: {self.address}: {self.message}"


class FieldChange(Struct, frozen=True):
    """One field's canonical values before and after; `before` of a create is None. Sensitive ones are in no `repr`."""

    field: Field
    before: Any
    after: Any

    def __repr__(self) -> str:
        return f"FieldChange({self.field.path}, {self.shown[0]!r}, {self.shown[1]!r})"

    @property
    def shown(self) -> tuple[Any, Any]:
        """Both values as a person writes them, sensitive ones hidden."""
        if self.field.sensitive:
            return (None if self.before is None else HIDDEN), HIDDEN
        show = self.field.type.show
        return (None if self.before is None else show(self.before)), show(self.after)


class Change(Guarded, frozen=True):
    """What is to be done with one resource, why, and the fingerprint of the live object that it was worked out from.

    `context` are fields that do not differ and go with those that do: the rest of a day's hours, a URL in the spelling
    in which it is declared, and what is declared to be blank.

    `owner` is the id of the live client that a site belongs to; `client` the client that a new one goes under, which
    may have to be created before. `together` is the site that is created by the same call as its client. `previous`
    is another address at which a site that is created must not be live. `member` is what a declared site belongs to.

    `live` and `desired` are the resource as a whole, as far as it is known; `planning.whole` makes of them what it was
    and what it will be. Both may hold passwords and keys.
    """

    hidden = ("live", "desired")

    address: Address
    action: Action
    reason: str
    id: int | None = None
    fields: tuple[FieldChange, ...] = ()
    context: tuple[FieldChange, ...] = ()
    fingerprint: Fingerprint | str | None = None
    prevent_destroy: bool = False
    owner: int | None = None
    client: Address | None = None
    together: Address | None = None
    previous: str | None = None
    member: Membership = NOWHERE
    live: tuple[Any, ...] | None = None
    desired: tuple[Any, ...] | None = None

    @property
    def locks_out(self) -> bool:
        """Whether this program can't use the account any more once the change is done."""
        return self.address.kind == "profile" and any(
            item.field.name == "api_enable" and item.after is False for item in self.fields
        )

    @property
    def ref(self) -> Ref:
        """Where the live resource is found that is to be changed."""
        assert self.id is not None
        return Ref(self.id, self.owner)


class Plan(Guarded, frozen=True):
    """All changes in the order of their addresses, how many resources need none, and each account's live sites.

    `manual` is what is not as declared and can't be changed through the API. `declared` says how many sites the project
    declares for each account, group and shared object (`planning.summary`), whatever was selected. `undeclared` counts
    the live sites of each account that no file declares, and that are left alone; nothing of it where only some
    resources were selected. `unchanged` are the declared resources that need nothing, and `by_hand` those that a person
    has to see to, each with what is live of it; both are for policies, and there only where the project has any.
    `rollout` is in which waves `apply` would go, if in any, for those who read the plan; `apply` itself works them out
    anew.
    """

    hidden = ("kinds", "unchanged", "by_hand", "rollout")

    changes: tuple[Change, ...]
    noop: int
    sizes: Mapping[str, int]
    diagnostics: tuple[Diagnostic, ...] = ()
    manual: tuple[ManualStep, ...] = ()
    declared: Mapping[tuple[str, str], int] = field(default_factory=dict)
    kinds: Kinds = field(default_factory=dict)
    undeclared: Mapping[str, int] = field(default_factory=dict)
    unchanged: tuple[tuple[Desired, Live], ...] = ()
    by_hand: tuple[tuple[Desired, Live | None], ...] = ()
    rollout: InWaves | None = None

    @property
    def pending(self) -> bool:
        """Whether anything is not as declared."""
        return bool(self.changes or self.manual)

    @property
    def summary(self) -> dict[str, int]:
        """How many resources there are to create, update, delete and leave, and how many steps for a person."""
        counts = Counter(change.action for change in self.changes)
        return {action.value: counts[action] for action in (Action.CREATE, Action.UPDATE, Action.DELETE)} | {
            Action.NOOP.value: self.noop,
            "manual": len(self.manual),
        }

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What could not be planned, which keeps the plan from being applied."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR and not d.rule)

    @property
    def breaches(self) -> tuple[Diagnostic, ...]:
        """The policies that refuse the plan, each with a resource that breaks it."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR and d.rule)
