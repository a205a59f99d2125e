"""`${…}` beyond what the cases show: files of every sort, and that a secret stays one."""

from __future__ import annotations

import json
import os

import pytest

from reconcile.config.places import Place, misread
from reconcile.model.fields import resolve, schemas
from reconcile.model.normalize import TYPES

SECRET = "s3cr3t-value"


def site(text: str) -> dict[str, str | bytes]:
    return {"sites.yaml": f'sites:\n  acme.ru:\n    labels: {{a: "{text}"}}\n'}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("picture.png", b"\x89PNG\xff", "picture.png is not text in UTF-8"),
        ("large.txt", b"x" * (64 * 1024 + 1), "large.txt is larger than 64 KiB"),
    ],
)
def test_a_file_that_is_no_short_text_is_refused(refused, name, content, said):
    assert refused(site(f"${{file.{name}}}") | {name: content}) == f"sites.yaml:3:17: {said}"


def test_a_file_of_the_largest_size_is_read(load):
    content = "x" * 64 * 1024

    assert load(site("${file.large.txt}") | {"large.txt": content}).sites[0].member.labels == {"a": content}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${file.}", "the project is no file; the path starts at the project's folder"),
        ("${file.a\\0b}", '"a\\u0000b" is no path'),
        (
            "${file.loop}",
            "loop can't be read: Too many levels of symbolic links; the path starts at the project's folder",
        ),
        ("${file.pipe}", "pipe is no file; the path starts at the project's folder"),
        ("${file.out}", "out is outside the project; only files inside it are read"),
        ("${file.sub/../../x}", "sub/../../x is outside the project; only files inside it are read"),
    ],
)
def test_a_path_that_is_no_file_of_the_project_is_refused(refused, tmp_path, tmp_path_factory, text, said):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "out").symlink_to(tmp_path_factory.mktemp("outside") / "secret.txt")
    os.mkfifo(tmp_path / "pipe")

    assert refused(site(text)) == f"sites.yaml:3:17: {said}"


def test_what_comes_in_is_text_in_labels_and_never_evaluated(load):
    env = {"A": "00123", "B": "${env.A}", "C": "{x: [1, 2]}"}
    labels = "labels: {a: '${env.A}', b: '${env.B}', c: '${env.C}', d: '$${env.A}', e: '$$', f: '${env.N:-}'}"

    state = load({"sites.yaml": f"sites:\n  acme.ru:\n    {labels}\n"}, env)

    assert state.sites[0].member.labels == {
        "a": "00123",
        "b": "${env.A}",
        "c": "{x: [1, 2]}",
        "d": "${env.A}",
        "e": "$$",
        "f": "",
    }


def test_keys_are_not_interpolated(refused):
    said = refused({"sites.yaml": "sites:\n  '${env.HOST}': {}\n"}, {"HOST": "acme.ru"})

    assert said == 'sites.yaml:2:3: expected a site\'s address such as acme.ru, got "${env.HOST}"'


def test_uid_and_key_come_as_they_are(load):
    account = "accounts:\n  studio: {provider: pozvonim, uid: '${env.UID}', api_key: '${file.key.txt}'}\n"

    state = load({"accounts.yaml": account, "key.txt": f"{SECRET}\n"}, {"UID": "00123"})

    assert (state.accounts["studio"].uid, state.accounts["studio"].api_key) == ("00123", SECRET)


def test_a_secret_is_in_no_repr_and_no_message(load, refused):
    account = "accounts:\n  studio: {{provider: pozvonim, uid: u, api_key: {}}}\n"

    state = load({"accounts.yaml": account.format("'${env.KEY}'")}, {"KEY": SECRET})

    assert SECRET not in repr(state)
    assert SECRET not in refused({"accounts.yaml": account.format("['${env.KEY}']")}, {"KEY": SECRET})


def filled(schema, home):
    """What may be written by a schema, with the secret for every value."""
    schema, home = resolve(schema, home)
    if "properties" in schema:
        return {key: filled(child, home) for key, child in schema["properties"].items()}
    return [filled(schema["items"], home)] if "items" in schema else "${env.SECRET}"


@pytest.mark.parametrize(
    "secret", [SECRET, "23:41-7", "-598234761", "s3cr3t\nvalue", "s3cr3t@value.x", "standart", "http://acme.r"]
)
def test_no_message_about_any_key_echoes_what_came_in(refused, secret):
    kinds = ("account", "site", "widget", "schedule", "manager", "blacklist")
    project = {f"{kind}s": {"acme.ru": filled(schemas()[kind], schemas()[kind]), "standard": {}} for kind in kinds}

    said = refused({"accounts.yaml": json.dumps(project)}, {"SECRET": secret})

    assert said.count('what "${env.SECRET}" gives') > 40
    assert json.dumps(secret)[1:-1] not in said


@pytest.mark.parametrize("name", TYPES)
def test_what_a_type_refuses_is_said_only_after_what_was_expected(name):
    kind = TYPES[name]
    for raw in (SECRET, f"{SECRET}\n{SECRET}", [f"{SECRET}\n"], {SECRET: SECRET}):
        try:
            (kind.strict or kind.read)(raw)
        except ValueError as error:
            fault = misread(Place("a.yaml"), error)
            assert fault.got
            assert SECRET not in fault.message


def test_what_a_type_refuses_for_no_known_reason_is_not_trusted():
    fault = misread(Place("a.yaml"), ValueError(f"{SECRET} is odd"))

    assert (fault.message, fault.got) == ("can't be read: ", f"{SECRET} is odd")
