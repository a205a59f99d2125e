"""What is found of a step that nobody saw end, as a table: the step, what is live, and what is said."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from stored import KINDS, change, live

from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.resource import Live
from reconcile.model.state import LiveAccount
from reconcile.planning.plan import HIDDEN
from reconcile.store.closing import kinds_to_read, look
from reconcile.store.records import FieldRecord, StepRecord

PERSON = {"phone": "+74951234567", "name": "Анна"}


def step(action, number=None, **fields):
    """A step as the history tells it, on the site окна.рф."""
    made = change("xn--80atjc.xn--p1ai", action, number, **fields)
    shown = tuple(FieldRecord(item.field.path, *item.shown) for item in made.fields)
    return StepRecord(0, made.address, action, "because", number, fields=shown)


CREATE = step(Action.CREATE)
RENAMED = replace(CREATE, fields=(FieldRecord("url", None, "https://other.ru/"),))
UPDATE = step(Action.UPDATE, 12, widget__call_time=(28, 35), managers=([], [PERSON]))
RENAME = step(Action.UPDATE, 12, url=("старое.рф", "окна.рф"))
DELETE = step(Action.DELETE, 12)
HERE = "xn--80atjc.xn--p1ai"
KEY = StepRecord(
    0, Address("studio", "profile", ""), Action.UPDATE, "because", 1, fields=(FieldRecord("api_key", HIDDEN, HIDDEN),)
)
ZONE = replace(KEY, fields=(*KEY.fields, FieldRecord("timezone", "Europe/Moscow", "Asia/Omsk")))
CLIENT = StepRecord(
    0,
    Address("studio", "client", "acme"),
    Action.CREATE,
    "because",
    fields=(FieldRecord("email", None, "Owner@acme.ru"), FieldRecord("password", None, HIDDEN)),
)
FOREIGN = replace(UPDATE, fields=(FieldRecord("widget.raw.colour", "red", "blue"),))


def account(*sites, clients=(), profile=None):
    return LiveAccount("studio", sites, tuple(clients), profile)


def client(number, email):
    return Live(Address("studio", "client", email), number, KINDS["client"].values({"email": email}))


def profile(**document):
    return Live(KEY.address, 1, KINDS["profile"].values(document))


FOUND = {
    "created": (CREATE, account(live("a.ru", 1), live(HERE, 12)), "done", "is there (id 12)", 12),
    "created under its URL": (RENAMED, account(live("other.ru", 12)), "done", "is there (id 12)", 12),
    "not created": (CREATE, account(live("a.ru", 1)), "failed", "is not there", None),
    "created twice": (
        CREATE,
        account(live(HERE, 15), live(HERE, 12)),
        "unknown",
        "is there 2 times (ids 12, 15)",
        None,
    ),
    "a client created": (CLIENT, account(clients=[client(7, "owner@acme.ru")]), "done", "is there (id 7)", 7),
    "a client not created": (CLIENT, account(clients=[client(7, "b@acme.ru")]), "failed", "is not there", None),
    "updated": (
        UPDATE,
        account(live(HERE, 12, widget__call_time=35, managers=[PERSON])),
        "done",
        "has the new values",
        12,
    ),
    "updated, as a service may spell it": (
        UPDATE,
        account(live(HERE, 12, widget__call_time="35", managers={"0": PERSON | {"phone": "8 (495) 123-45-67"}})),
        "done",
        "has the new values",
        12,
    ),
    "not updated": (
        UPDATE,
        account(live(HERE, 12, widget__call_time=28)),
        "failed",
        "still has the old values",
        12,
    ),
    "updated in part": (
        UPDATE,
        account(live(HERE, 12, widget__call_time=35)),
        "unknown",
        "has neither the new values nor the old ones",
        12,
    ),
    "updated, and gone": (UPDATE, account(live(HERE, 13)), "unknown", "is gone", 12),
    "renamed": (RENAME, account(live(HERE, 12)), "done", "has the new values", 12),
    "not renamed": (RENAME, account(live("старое.рф", 12)), "failed", "still has the old values", 12),
    "renamed by somebody": (RENAME, account(live("b.ru", 12)), "unknown", "has neither", 12),
    "deleted": (DELETE, account(live(HERE, 13)), "done", "is gone", 12),
    "not deleted": (DELETE, account(live(HERE, 12)), "failed", "is still there", 12),
    "a new key": (KEY, account(profile=profile()), "unknown", "can't be told: the history holds no secrets", 1),
    "a key and more": (ZONE, account(profile=profile(timezone="Asia/Omsk")), "done", "has the new values", 1),
    "a field that nobody declares any more": (FOREIGN, account(live(HERE, 12)), "unknown", "can't be told", 12),
}


@pytest.mark.parametrize(("step", "live", "outcome", "note", "number"), FOUND.values(), ids=FOUND)
def test_what_is_found(step, live, outcome, note, number):
    found = look(KINDS, step, live, settled=True)

    assert (found.outcome, found.id) == (outcome, number)
    assert found.note.startswith(note)


def test_a_list_that_may_lag_proves_nothing():
    found = look(KINDS, CREATE, account(), settled=False)

    assert (found.outcome, found.note) == ("unknown", "is not there, or the service does not list it yet")
    assert look(KINDS, CREATE, account(live(HERE, 12)), settled=False).outcome == "done"


def test_what_is_read_for_it():
    others = replace(DELETE, owner=5)

    assert kinds_to_read([CREATE]) == {"studio": {"site"}}
    assert kinds_to_read([KEY, CLIENT]) == {"studio": {"profile", "client"}}
    assert kinds_to_read([others]) == {"studio": {"site", "client"}}
