"""What a project says besides the fields of its sites: accounts, safety, and what is only local."""

from __future__ import annotations

import pytest

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.errors import ConfigError
from reconcile.model.capabilities import Capabilities
from reconcile.model.fields import UNMANAGED
from reconcile.model.rollout import CallsGate, Chosen, CommandGate, ConfirmGate, Count, OnFailure, Percent, Rollout
from reconcile.model.state import Safety, Unspecified


def test_defaults_of_an_account_and_of_safety_are_the_documented_ones(load):
    state = load({"sites.yaml": "sites: {acme.ru: {}}\n"})

    account = state.accounts["studio"]
    assert (account.base_url, account.encoding, account.update_method, account.unspecified, account.prune) == (
        "https://api.pozvonim.com/v2u",
        "form",
        "PUT",
        Unspecified.KEEP,
        False,
    )
    assert (account.requests_per_second, account.timeout, account.list_lag, account.allow_http) == (None, 60, 10, False)
    assert state.safety == Safety(5, 10, 100, ())


def test_settings_of_an_account_and_of_safety_are_kept(load):
    account = (
        "accounts:\n  studio:\n    {provider: pozvonim, uid: 7, api_key: 8, base_url: 'http://127.0.0.1:1/v2u/', "
        "encoding: json, update_method: PATCH, unspecified: default, prune: true, "
        "requests_per_second: 2.5, timeout: 5, list_lag: 0, allow_http: true}\n"
        "safety: {max_deletes: 0, max_delete_percent: 2.5, max_update_percent: 50, protect: ['*.acme.ru']}\n"
    )

    state = load({"accounts.yaml": account})

    made = state.accounts["studio"]
    assert (made.uid, made.api_key, made.base_url, made.encoding) == ("7", "8", "http://127.0.0.1:1/v2u", "json")
    assert (made.update_method, made.unspecified, made.prune) == ("PATCH", Unspecified.DEFAULT, True)
    assert (made.requests_per_second, made.timeout, made.list_lag, made.allow_http) == (2.5, 5, 0, True)
    assert state.safety == Safety(0, 2.5, 50, ("*.acme.ru",))


def test_settings_of_http_mean_nothing_to_a_service_that_is_none(tmp_path):
    text = "accounts: {files: {provider: files, uid: 1, api_key: k, timeout: 5}}\nsites: {}\n"
    (tmp_path / "project.yaml").write_text(text)
    files = Capabilities("file:///srv/sites", {"site": frozenset()}, frozenset())

    with pytest.raises(ConfigError, match=r"project\.yaml:1:57: `timeout` means nothing to files; take it away"):
        load_state(tmp_path, {}, Services(lambda name: files, lambda: ["files"]))


@pytest.mark.parametrize(
    ("own", "labels"),
    [
        ("{}", {"tier": "gold", "paid": "true"}),
        ("{labels: {tier: iron, since: 2024}}", {"tier": "iron", "paid": "true", "since": "2024"}),
        ("{labels: {paid: null}}", {"tier": "gold"}),
        ("{labels: null}", {}),
    ],
)
def test_labels_are_layered(load, own, labels):
    text = f"defaults: {{labels: {{tier: gold, paid: true}}}}\nsites:\n  acme.ru: {own}\n"

    assert load({"sites.yaml": text}).sites[0].member.labels == labels


@pytest.mark.parametrize(
    ("own", "kept"), [("{}", True), ("{prevent_destroy: false}", False), ("{prevent_destroy: null}", False)]
)
def test_prevent_destroy_is_layered(load, own, kept):
    text = f"defaults: {{prevent_destroy: true}}\nsites:\n  acme.ru: {own}\n"

    assert load({"sites.yaml": text}).sites[0].prevent_destroy is kept


def test_a_site_knows_where_it_is_declared_and_what_it_was(load):
    text = "sites:\n  HTTPS://Acme.ru/: {id: 7, previous_address: 'http://Пример.рф'}\n"

    site = load({"sub/sites.yaml": text}).sites[0]

    assert (site.file, site.key, site.id) == ("sub/sites.yaml", "HTTPS://Acme.ru/", 7)
    assert (str(site.address), site.previous) == ("studio/site/acme.ru", "xn--e1afmkfd.xn--p1ai")


# --- clients, profiles, other services --------------------------------------------------------------------------------

SHOP = "accounts:\n  shop: {provider: chaser, client_id: '007', private_key: s3cr3t}\n"
BOTH = SHOP + "  studio: {provider: pozvonim, uid: '100', api_key: secret}\n"


def managed(state, resource):
    kind = state.kinds[resource.address.kind]
    return {f.path: v for f, v in zip(kind.fields, resource.values, strict=True) if v is not UNMANAGED}


def test_a_client_is_what_is_declared_of_it(load):
    clients = (
        "clients:\n  acme: {email: Owner@Acme.RU, password: '${env.WORD}'}\n"
        "  Окна: {id: 7, email: Отдел@почта.рф, password: null}\n"
    )
    text = clients + "defaults: {client: acme}\nsites:\n  acme.ru:\n  окна.рф: {client: Окна}\n"

    state = load({"accounts.yaml": BOTH, "sites.yaml": text}, {"WORD": "w"})

    acme, windows = state.clients
    assert [(str(client.address), client.id, client.file) for client in state.clients] == [
        ("studio/client/acme", None, "sites.yaml"),
        ("studio/client/Окна", 7, "sites.yaml"),
    ]
    assert managed(state, acme) == {"email": "owner@acme.ru", "password": "w"}
    assert managed(state, windows) == {"email": "отдел@почта.рф"}
    assert [(site.key, site.address.account, site.client) for site in state.sites] == [
        ("acme.ru", "studio", acme.address),
        ("окна.рф", "studio", windows.address),
    ]


def test_a_site_of_nobody_is_the_studios_own(load):
    text = "clients: {acme: {email: a@b.ru}}\ndefaults: {client: acme}\nsites:\n  own.ru: {client: null}\n  a.ru: {}\n"

    assert [site.client and site.client.name for site in load({"sites.yaml": text}).sites] == [None, "acme"]


@pytest.mark.parametrize(
    ("profile", "values", "next_key"),
    [
        ("{}", None, None),
        ("null", None, None),
        ("{timezone: null}", None, None),
        ("{timezone: Asia/Omsk}", {"timezone": "Asia/Omsk"}, None),
        ("{api_enable: false, api_key: 123}", {"api_enable": False, "api_key": "123"}, "123"),
        ('{api_key: "${env.KEY}"}', {"api_key": "n3w"}, "n3w"),
    ],
)
def test_a_profile_is_what_is_declared_of_it(load, profile, values, next_key):
    text = f"accounts:\n  studio: {{provider: pozvonim, uid: '100', api_key: k, profile: {profile}}}\n"

    state = load({"accounts.yaml": text}, {"KEY": " n3w\n"})

    assert [managed(state, one) for one in state.profiles] == ([] if values is None else [values])
    assert state.accounts["studio"].next_key == next_key


def test_credentials_have_the_names_of_each_service_and_stay_as_they_are_written(load):
    text = BOTH.replace("secret}", "s3cr3t, profile: {api_key: s3cr3t}}")
    text += "clients: {acme: {email: a@b.ru, password: s3cr3t}}\n"

    state = load({"accounts.yaml": text, "sites.yaml": "sites: {acme.ru: {account: shop}}\n"})

    shop = state.accounts["shop"]
    assert (shop.uid, shop.api_key, shop.base_url) == ("007", "s3cr3t", "https://api.chaser.ru/v1")
    assert "s3cr3t" not in repr(state)


def test_a_service_keeps_what_it_knows_of_what_is_said_of_all_sites(load):
    text = (
        "defaults: {managers: [{phone: +7 495 123-45-67}], title: Всем, raw: {a: 1}, widget: {call_time: 5}}\n"
        "sites:\n  acme.ru: {account: studio}\n  shop.ru: {account: shop, title: ''}\n  other.ru: {account: shop}\n"
    )

    state = load({"accounts.yaml": BOTH, "sites.yaml": text})

    assert [list(managed(state, site)) for site in state.sites] == [
        ["url", "raw.a", "managers", "widget.call_time"],
        ["url", "title"],
        ["url", "title"],
    ]
    assert [managed(state, site).get("title") for site in state.sites] == [None, "", "Всем"]


@pytest.mark.parametrize(
    ("own", "made"),
    [
        ("", {"nwt_action": "always_call", "call_stack_interval": 5, "message_on_ring": "Всем"}),
        ("message_on_ring: Наш", {"nwt_action": "always_call", "call_stack_interval": 5, "message_on_ring": "Наш"}),
        ("manager_phone: 84951234567", {"manager_phone": "+74951234567", "message_on_ring": "Всем"}),
        ("call_stack_start_hour: 9", {"call_stack_start_hour": 9, "call_stack_interval": 5}),
    ],
)
def test_call_defaults_are_those_of_the_site_over_all_sites_over_the_account(load, own, made):
    account = SHOP.replace("}\n", ", call_defaults: {nwt_action: always_call, call_stack_interval: 5}}\n")
    text = f"defaults: {{call_defaults: {{message_on_ring: Всем}}}}\nsites:\n  acme.ru: {{call_defaults: {{{own}}}}}\n"

    (site,) = load({"accounts.yaml": account, "sites.yaml": text}).sites

    assert site.call_defaults.items() >= made.items()


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("'007'", "007"),
        ("7", 7),
        ("true", True),
        ("[]", []),
        ("{}", {}),
        ("[1, two, {three: 3}]", [1, "two", {"three": 3}]),
        ("{a.b: {c d: ''}}", {"a.b": {"c d": ""}}),
        ("1.50", 1.5),
        ("2026-01-01", "2026-01-01"),
        ("'a: ${env.WORD}'", "a: word"),
    ],
)
def test_undocumented_fields_are_kept_as_they_are_written(load, value, kept):
    text = f"widgets:\n  base: {{raw: {{x: {value}, y: null}}}}\nsites:\n  acme.ru: {{widget: base}}\n"

    state = load({"sites.yaml": text}, {"WORD": "word"})

    values = managed(state, state.sites[0])
    assert list(values) == ["url", "widget.raw.x"]
    load({"sites.yaml": "sites: {acme.ru: {raw: {}, widget: {raw: {}}, blacklists: [{raw: null}]}}\n"})
    assert (type(values["widget.raw.x"].written), values["widget.raw.x"].written) == (type(kept), kept)


def test_a_rollout_is_read_and_has_the_documented_defaults(load):
    whole = """
rollout:
  waves: [tier=pilot, 1, "5", 2.5%, 100 %]
  pause: 1h30m
  max_failures: 2
  on_failure: rollback
  gates:
    - command: ./check.sh --name 'Окна и двери'
      timeout: 90s
    - command: [sh, -c, "true | true"]
    - calls: {}
    - calls: {window: 600, min_calls: 5, max_increase: 2.5, too_few: stop}
    - confirm: true
    - confirm: Пора?
"""
    assert load({"r.yaml": "sites: {acme.ru: {}}\n"}).rollout is None
    assert load({"r.yaml": "rollout: {waves: [100%], gates: [{calls: {}}]}\n"}).rollout == Rollout(
        (Percent(100),), gates=(CallsGate(3600, 20, 10, strict=False),)
    )
    assert load({"r.yaml": whole}).rollout == Rollout(
        (Chosen("tier=pilot"), Count(1), Count(5), Percent(2.5), Percent(100)),
        5400,
        2,
        OnFailure.ROLLBACK,
        (
            CommandGate(("./check.sh", "--name", "Окна и двери"), 90),
            CommandGate(("sh", "-c", "true | true"), 300),
            CallsGate(3600, 20, 10, strict=False),
            CallsGate(600, 5, 2.5, strict=True),
            ConfirmGate("Go on with the next wave?", place=" (gate 5)"),
            ConfirmGate("Пора?", place=" (gate 6)"),
        ),
    )
