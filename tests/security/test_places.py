"""A secret in the wrong place of a project, and one in the text of somebody else's bug, is not repeated."""

from __future__ import annotations

import sys

import pytest
from echoing import cores

from reconcile.escaping import where_it_broke

SECRET = "qZ83kVn5LwT1/Hs72PxBc94"
GOOD = "accounts: {a: {provider: pozvonim, uid: '1', api_key: k}}\n"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "accounts: {a: SECRET}",
            "accounts: [SECRET]",
            "accounts: SECRET",
            "clients: {acme: SECRET}",
            "clients: SECRET",
        ),
        *(
            f"accounts: {{a: {{provider: pozvonim, uid: '1', api_key: k, {key}: SECRET}}}}"
            for key in ("encoding", "update_method", "prune", "profile", "unspecified", "base_url", "payment_route")
        ),
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: [SECRET]}}",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: {x: SECRET}}}",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: k, base_url: 'ftp://u:SECRET@h/'}}",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: k, base_url: 'http://u:SECRET@h:x/'}}",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: SECRET, api_key: SECRET}}",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: SECRET, private_key: SECRET}}",
        "accounts: {a: {provider: pozvonim, uid: [1], api_key: !SECRET }}",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: !!SECRET x}}",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: !!int SECRET}}",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: *SECRET }}",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: @SECRET}}",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: 'SECRET",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: 'x${env.GONE}SECRET'}}",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: 'x${SECRET}'}}",
        "accounts: {a: {provider: pozvonim, uid: '1', api_key: 'x${SECRET'}}",
        "accounts: {a: {provider: pozvonim, uid: ['${env.GONE:-SECRET}'], api_key: ['${env.GONE:-SECRET}']}}",
        "accounts: {a: {provider: pozvonim, uid: ['SECRET${env.SET}'], api_key: ['${env.SET}']}}",
        "accounts: {a: {provider: pozvonim, uid: ['${env.SET}'], api_key: ['${env.SET}']}}",
        "clients: {acme: {email: SECRET, password: x@acme.ru}}",
        "clients: {acme: {email: a@a.ru, password: [SECRET]}}",
        "clients: {acme: {email: a@a.ru, account: SECRET, password: x}}",
        "clients: {acme: {email: a@a.ru, id: SECRET}}",
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_secret_in_the_wrong_place_is_not_repeated(reconcile, tmp_path, text, form):
    (tmp_path / "p.yaml").write_text(text.replace("SECRET", SECRET) + "\n", encoding="utf-8")
    if not text.startswith("accounts"):
        (tmp_path / "q.yaml").write_text(GOOD + "sites: {x.ru: {managers: [{phone: '+74951234567'}]}}\n")

    done = reconcile("-vvv", "validate", "--format", form, env={"SET": SECRET})

    assert (done.returncode, "this is a bug" in done.stderr) == (1, False)
    assert not [core for core in cores(SECRET) if core in (done.stdout + done.stderr).encode()]


PROVIDER = """
from reconcile.model.capabilities import Capabilities

class Broken:
    capabilities = Capabilities("https://broken.example", {}, frozenset({"website"}))
    def __init__(self, account, kinds, *, parallelism):
        self.account = account
    def read(self, kinds):
        try:
            raise RuntimeError(f"https://broken.example/?sign={self.account.api_key}")
        except RuntimeError as error:
            error.add_note(self.account.api_key)
            raise TypeError(self.account.api_key) from error
    def close(self):
        raise ValueError(self.account.api_key)
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_bug_says_where_it_is_and_not_what_it_was_about(reconcile, tmp_path, form):
    packages, project = tmp_path / "packages", tmp_path / "project"
    info = packages / "broken-1.dist-info"
    info.mkdir(parents=True)
    project.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[reconcile.providers]\nbroken = broken_provider:Broken\n")
    (packages / "broken_provider.py").write_text(PROVIDER)
    accounts = f"accounts: {{a: {{provider: broken, uid: u, api_key: '{SECRET}'}}}}\n"
    (project / "p.yaml").write_text(accounts + "sites: {acme.ru: {}}\n")

    path = ":".join([str(packages), *filter(None, sys.path)])
    done = reconcile("-vvv", "plan", "--format", form, cwd=project, env={"PYTHONPATH": path})

    assert done.returncode == 1
    for part in (
        "broken_provider.py",
        "in read",
        "in close",
        "RuntimeError",
        "TypeError",
        "ValueError",
        "this is a bug",
    ):
        assert part in done.stderr
    assert not [core for core in cores(SECRET) if core in (done.stdout + done.stderr).encode()]


def test_errors_that_go_round_and_groups_are_told_once():
    def raised(error):
        try:
            raise error
        except (LookupError, OSError, ExceptionGroup) as caught:
            return caught

    inner, other = raised(KeyError(SECRET)), raised(OSError(SECRET))
    group = raised(ExceptionGroup(SECRET, [inner, other]))
    inner.__cause__ = group

    told = where_it_broke(group)

    assert SECRET not in told
    assert [told.count(name) for name in ("builtins.KeyError", "builtins.OSError", "builtins.ExceptionGroup")] == [
        1,
        1,
        1,
    ]
