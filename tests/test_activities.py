"""Which client is meant, and what a call carries, in projects that declare clients and call defaults."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from answering import answering
from msgspec.structs import replace

from reconcile import activities, workflow
from reconcile.activities.once import sent_once
from reconcile.errors import ConnectionFailed, ReconcileError, UsageError
from reconcile.model.address import Address
from reconcile.model.capabilities import Activity, Capabilities
from reconcile.model.fields import client_kind
from reconcile.model.resource import Desired, Live
from reconcile.providers.activities import Purse

CLIENTS = [{"id": 7, "email": "Owner@acme.ru"}, {"id": 8, "email": "b@x.ru"}, {"id": 9, "email": "b@x.ru"}]


@dataclass(frozen=True)
class Service:
    """A service that takes some options of a call."""

    capabilities: Capabilities


def declared(name, email, **more):
    values = list(client_kind().blank())
    values[client_kind().index("email")] = email
    return Desired(Address("studio", "client", name), tuple(values), "a.yaml", **more)


@pytest.fixture
def service():
    with answering() as running:
        running.answers |= {"GET /contributors": CLIENTS, "GET /profile": {"balance": "100.00"}}
        yield running


@pytest.fixture
def project(tmp_path, service):
    text = f"accounts:\n  studio: {{provider: pozvonim, uid: u, api_key: k, base_url: '{service.url}'}}\n"
    (tmp_path / "reconcile.yaml").write_text(text, encoding="utf-8")
    made = workflow.validate(tmp_path, {})
    clients = (
        declared("acme", "owner@acme.ru"),
        declared("pinned", "old@x.ru", id=9),
        declared("late", "late@x.ru"),
    )
    return replace(made, desired=replace(made.desired, clients=clients))


@pytest.mark.parametrize(
    ("written", "expected"),
    [("acme", (7, "acme")), (" OWNER@acme.ru ", (7, "acme")), ("7", (7, "acme")), ("pinned", (9, "pinned"))],
)
def test_a_client_is_found_by_name_email_and_id(project, written, expected):
    with workflow.connected(project, 1) as providers:
        account, client = activities.find_client(project, providers, written)

    assert account == "studio"
    assert (client.id, activities.declared_as(project, account, client)) == expected


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("acne", 'there is no client "acne" in studio; did you mean "acme"?'),
        ("late", "client late is declared in a.yaml, but not live; `reconcile plan` says what is missing"),
        ("b@x.ru", "studio has several clients b@x.ru; say which by its id: 8 and 9"),
    ],
)
def test_a_client_that_is_none_or_several_is_an_error(project, written, said):
    with workflow.connected(project, 1) as providers, pytest.raises(ReconcileError) as caught:
        activities.find_client(project, providers, written)

    assert str(caught.value) == said


def test_a_transfer_is_shown_with_the_declared_name(project):
    with workflow.connected(project, 1) as providers:
        planned = activities.prepare_transfer(project, providers, "acme", Decimal("99.99"), Purse.MAIN)

    assert (planned.name, planned.client.id, planned.remains) == ("acme", 7, Decimal("0.01"))


def test_the_account_has_to_be_one_that_can(project):
    with workflow.connected(project, 1) as providers:
        assert list(activities.able(project, providers, Activity.CALL, None)) == ["studio"]
        for name, provider in providers.items():
            cannot = replace(provider.capabilities, activities=frozenset({Activity.CALL}))
            other = {name: provider, "site-only": Service(cannot)}
            accounts = {**project.desired.accounts, "site-only": project.desired.accounts[name]}
            both = replace(project, desired=replace(project.desired, accounts=accounts))
            assert list(activities.able(both, other, Activity.TIME, None)) == ["studio"]
            with pytest.raises(
                UsageError, match="site-only is at pozvonim, whose API has no time; accounts that do: st"
            ):
                activities.able(both, other, Activity.TIME, "site-only")


TAKES = Capabilities("", {}, frozenset(), call_options={"message_on_ring": "m", "nwt_action": "n", "referrer": "r"})
QUEUE = TAKES.call_options | {"call_stack_interval": "i"}


@pytest.mark.parametrize(
    ("takes", "given", "expected"),
    [
        (TAKES.call_options, {}, {"message_on_ring": "account"}),
        (TAKES.call_options, {"message_on_ring": "line"}, {"message_on_ring": "line"}),
        ({"referrer": "r"}, {"referrer": "x"}, {"referrer": "x"}),
        (QUEUE, {"call_stack_interval": 5, "nwt_action": "always_call"}, None),
    ],
)
def test_defaults_lie_under_the_command_line_where_the_service_takes_them(project, takes, given, expected):
    account = replace(project.desired.accounts["studio"], call_defaults={"message_on_ring": "account"})
    project = replace(project, desired=replace(project.desired, accounts={"studio": account}))
    site = activities.Site("studio", Live(Address("studio", "site", "acme.ru"), 5, ()))
    service = Service(replace(TAKES, call_options=takes))

    assert activities.call_options(project, site, service, given) == (
        expected or {"message_on_ring": "account", **given}
    )
    own = Desired(site.live.address, (), call_defaults={"message_on_ring": "site"})
    if "message_on_ring" in takes and not given:
        assert activities.call_options(project, replace(site, declared=own), service, {}) == {"message_on_ring": "site"}


def test_the_settings_of_a_queue_need_a_queue(project):
    site = activities.Site("studio", Live(Address("studio", "site", "acme.ru"), 5, ()))

    with pytest.raises(UsageError, match="--call-stack-interval is only taken together with --nwt-action always_call"):
        activities.call_options(project, site, Service(replace(TAKES, call_options=QUEUE)), {"call_stack_interval": 5})


def test_what_never_left_says_so():
    with pytest.raises(ConnectionFailed, match="connection refused; nothing was sent") as raised, sent_once("x", "y"):
        raise ConnectionFailed("POST /calls: connection refused", sent=False)

    assert not raised.value.sent
