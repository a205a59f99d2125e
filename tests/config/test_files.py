"""Files as they are found in the wild: not text, too large, too deep, linked, or not there."""

from __future__ import annotations

import os

import pytest

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.errors import ReconcileError
from reconcile.providers import registry

SITE = "sites:\n  acme.ru: {}\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            "sites.yaml:1:1: not a text file: byte 0x89 is no text in UTF-8; save it as UTF-8",
        ),
        (bytes(range(256)), "sites.yaml:1:1: not a text file: byte 0x00 is no text in UTF-8; save it as UTF-8"),
        (
            "sites:\n  пример.рф: {}\n".encode("cp1251"),
            "sites.yaml:2:4: not a text file: byte 0xf0 is no text in UTF-8; save it as UTF-8",
        ),
        (
            b"sites:\n  acme.ru: {report_email: a\x07@acme.ru}\n",
            "sites.yaml:2:28: not a text file: byte 0x07 is no text in UTF-8; save it as UTF-8",
        ),
        (SITE.encode("utf-16"), "sites.yaml:1:1: not a text file in UTF-8, but one in UTF-16; save it as UTF-8"),
    ],
    ids=["picture", "every byte", "windows-1251", "control character", "utf-16"],
)
def test_what_is_no_text_is_refused_at_its_first_bad_byte(refused, content, said):
    assert refused({"sites.yaml": content}) == said


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + SITE.encode(), SITE.replace("\n", "\r\n").encode()])
def test_marks_and_line_ends_of_windows_are_fine(load, content):
    assert [site.address.name for site in load({"sites.yaml": content}).sites] == ["acme.ru"]


def test_a_file_of_50_mb_is_refused_unread(load, refused, tmp_path):
    load({"sites.yaml": SITE})
    with (tmp_path / "dump.yaml").open("wb") as file:
        file.truncate(50 * 1024 * 1024)

    assert refused({}) == "dump.yaml: is 50 MiB large; a file of a project may have 32 MiB at most"


@pytest.mark.parametrize("content", ["[" * 100_000, "a: " + "{a: " * 50_000, "- " * 50_000 + "a", "? " * 50_000 + "a"])
def test_nesting_without_end_is_refused(refused, content):
    assert refused({"deep.yaml": content}).startswith("deep.yaml:1:")
    assert refused({}).endswith(": nested more than 64 levels deep")


def test_a_file_that_leads_out_of_the_project_is_refused(refused, tmp_path, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "sites.yaml"
    outside.write_text(SITE)
    (tmp_path / "linked.yaml").symlink_to(outside)

    assert refused({}) == "linked.yaml: is a link that leads out of the project; only files inside it are read"


def test_a_link_inside_the_project_is_a_file_like_any_other(load, tmp_path):
    (tmp_path / "linked.yaml").symlink_to("notes.txt")

    assert [site.file for site in load({"notes.txt": SITE}).sites] == ["linked.yaml"]


def test_a_folder_that_leads_out_of_the_project_is_refused(refused, tmp_path, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "sites.yaml").write_text(SITE)
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "linked").symlink_to(outside)
    (tmp_path / "up").symlink_to("..")

    assert refused({}).splitlines() == [
        "clients/linked: is a link that leads out of the project; only files inside it are read",
        "up: is a link that leads out of the project; only files inside it are read",
    ]


def test_a_linked_folder_inside_the_project_is_read_once_where_it_is(load, tmp_path):
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "round").symlink_to("..")
    (tmp_path / "again.yaml").symlink_to("clients")
    (tmp_path / "again").symlink_to("again.yaml")
    (tmp_path / ".hidden").symlink_to("/")

    assert [site.file for site in load({"clients/sites.yaml": SITE}).sites] == ["clients/sites.yaml"]


def test_a_link_to_a_hidden_folder_is_refused_because_nothing_in_it_would_be_read(refused, tmp_path):
    (tmp_path / "clients").symlink_to(".clients")

    assert refused({".clients/sites.yaml": SITE}) == (
        "clients: is a link to a hidden folder; hidden folders are not read"
    )


@pytest.mark.parametrize("name", ["sites.YAML", "sites.Yml", "Sites.yMl"])
def test_the_case_of_a_suffix_means_nothing(load, name):
    assert [site.file for site in load({name: SITE}).sites] == [name]


@pytest.mark.parametrize(
    ("target", "said"), [("nowhere.yaml", "No such file or directory"), ("z.yaml", "Too many levels of symbolic links")]
)
def test_a_link_to_nothing_is_refused(refused, tmp_path, target, said):
    (tmp_path / "z.yaml").symlink_to(target)

    assert refused({}) == f"z.yaml: can't be read: {said}"


def test_a_pipe_is_not_waited_for(refused, tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")

    assert refused({}) == "pipe.yaml: is no plain file, and can't be read"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may read everything")
def test_a_folder_that_may_not_be_read_is_an_error_and_not_empty(load, tmp_path):
    load({"clients/sites.yaml": SITE})
    (tmp_path / "clients").chmod(0)
    try:
        with pytest.raises(OSError, match="Permission denied"):
            load({})
    finally:
        (tmp_path / "clients").chmod(0o700)


def test_a_missing_folder_says_so(tmp_path):
    with pytest.raises(ReconcileError) as error:
        load_state(tmp_path / "nowhere", {}, Services(registry.service, registry.names))

    assert str(error.value) == f"{tmp_path}/nowhere: no such folder; name the project's folder with -C DIR"


@pytest.mark.parametrize("content", [None, "", "# to be done\n", "---\n", "null\n"])
def test_a_folder_that_declares_nothing_says_so(tmp_path, content):
    if content is not None:
        (tmp_path / "sites.yaml").write_text(content)
    (tmp_path / "notes.txt").write_text(SITE)
    (tmp_path / ".hidden.yaml").write_text(SITE)

    with pytest.raises(ReconcileError) as error:
        load_state(tmp_path, {}, Services(registry.service, registry.names))

    assert str(error.value) == (
        f"{tmp_path}: no *.yaml file declares anything here; `reconcile init` writes a project to start from"
    )


def test_every_problem_of_every_file_is_said_in_one_run_in_order(refused):
    files = {f"{name}.yaml": f"sites:\n  {name}.ru: {{report_period: x, colour: y}}\n" for name in "dbca"}

    said = refused(files)

    assert [line.split(": ")[0] for line in said.splitlines()] == [
        f"{name}.yaml:2:{column}" for name in "abcd" for column in (25, 28)
    ]


def test_file_names_mean_nothing(load):
    parts = {"z.yaml": "widgets: {w: {call_time: 30}}\n", "sub/folder/a.yml": "sites: {acme.ru: {widget: w}}\n"}
    one = {"only.yaml": "".join(parts.values())}

    assert load(parts).sites[0].values == load(one | dict.fromkeys(parts, "")).sites[0].values
