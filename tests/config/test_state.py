"""What a project says besides the fields of its sites: accounts, safety, and what is only local."""

from __future__ import annotations

import pytest

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
    assert state.safety == Safety(5, 10, 100, ())


def test_settings_of_an_account_and_of_safety_are_kept(load):
    account = (
        "accounts:\n  studio:\n    {provider: pozvonim, uid: 7, api_key: 8, base_url: 'http://127.0.0.1:1/v2u/', "
        "encoding: json, update_method: PATCH, unspecified: default, prune: true}\n"
        "safety: {max_deletes: 0, max_delete_percent: 2.5, max_update_percent: 50, protect: ['*.acme.ru']}\n"
    )

    state = load({"accounts.yaml": account})

    made = state.accounts["studio"]
    assert (made.uid, made.api_key, made.base_url, made.encoding) == ("7", "8", "http://127.0.0.1:1/v2u", "json")
    assert (made.update_method, made.unspecified, made.prune) == ("PATCH", Unspecified.DEFAULT, True)
    assert state.safety == Safety(0, 2.5, 50, ("*.acme.ru",))


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

    assert load({"sites.yaml": text}).sites[0].labels == labels


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
