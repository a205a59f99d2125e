"""What is written is its owner's alone and goes through no link; what is read is inside the project, whatever races."""

from __future__ import annotations

import os
import stat
import threading

import pytest

from reconcile.config.inside import NoFile, Outside, TooLarge, read_inside
from reconcile.errors import ReconcileError, StoreError
from reconcile.private import private_file, private_folder, write_private
from reconcile.store import open_store


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def permissive():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("there", [None, 0o644, "link"])
def test_a_file_is_written_for_its_owner_and_through_no_link(permissive, tmp_path, there):
    target, victim = tmp_path / "plan.json", tmp_path / "victim"
    victim.write_text("untouched")
    if there == "link":
        target.symlink_to(victim)
    elif there is not None:
        target.write_text("old")
        target.chmod(there)

    write_private(target, b"new")

    assert (target.read_bytes(), mode(target), target.is_symlink()) == (b"new", 0o600, False)
    assert victim.read_text() == "untouched"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.json", "victim"]


def test_a_link_at_the_name_that_was_once_the_scratch_file_s_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / f".plan.json.{os.getpid()}").symlink_to(victim)

    write_private(tmp_path / "plan.json", b"new")

    assert victim.read_text() == "untouched"


def test_what_can_not_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "nowhere" / "plan.json"):
        with pytest.raises(ReconcileError):
            write_private(path, b"new")

    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()

    write_private(pipe, b"new")
    reader.join(10)

    assert read == [b"new"]


def test_the_folder_and_the_files_in_it_are_their_owner_s(permissive, tmp_path):
    (tmp_path / ".reconcile").mkdir(mode=0o755)
    folder = private_folder(tmp_path)
    private_file(folder / "new.db")
    (folder / "old.db").touch(0o644)
    private_file(folder / "old.db")

    assert [mode(path) for path in (folder, folder / "new.db", folder / "old.db")] == [0o700, 0o600, 0o600]


def test_what_is_kept_is_none_of_git_s(tmp_path):
    folder, victim = private_folder(tmp_path), tmp_path / "victim"
    assert (folder / ".gitignore").read_text() == "*\n"

    (folder / ".gitignore").write_text("mine")
    assert (private_folder(tmp_path) / ".gitignore").read_text() == "mine"
    (folder / ".gitignore").unlink()
    (folder / ".gitignore").symlink_to(victim)
    private_folder(tmp_path)
    assert not victim.exists()


@pytest.mark.parametrize("make", [private_folder, lambda root: private_file(root / ".reconcile")])
def test_a_link_in_the_place_of_what_is_kept_is_refused(tmp_path, make):
    (tmp_path / ".reconcile").symlink_to(tmp_path.parent)

    with pytest.raises(ReconcileError, match="is a link, and may lead anywhere"):
        make(tmp_path)


@pytest.mark.parametrize("name", ["folder", "history.db", "history.db-wal", "history.db-shm", "history.db-journal"])
def test_the_history_is_written_through_no_link(tmp_path, name):
    root, outside = tmp_path / "project", tmp_path / "outside"
    for folder in (root, outside):
        folder.mkdir()
        folder.chmod(0o755)
    (outside / "history.db").write_bytes(b"")
    (outside / "history.db").chmod(0o644)
    if name == "folder":
        (root / ".reconcile").symlink_to(outside)
    else:
        (root / ".reconcile").mkdir()
        (root / ".reconcile" / name).symlink_to(outside / "history.db")

    with pytest.raises(StoreError, match="is a link, and may lead anywhere"):
        open_store("sqlite:///.reconcile/history.db", root)

    assert [(path.name, path.read_bytes()) for path in outside.iterdir()] == [("history.db", b"")]
    assert (mode(outside), mode(outside / "history.db")) == (0o755, 0o644)


def test_what_is_no_database_keeps_its_mode(tmp_path):
    (tmp_path / "page.html").write_text("<html>")
    (tmp_path / "page.html").chmod(0o644)

    with pytest.raises(StoreError, match="is no database of SQLite"):
        open_store("sqlite:///page.html", tmp_path)

    assert mode(tmp_path / "page.html") == 0o644


def test_plans_reports_and_the_emulator_s_database_are_their_owner_s(reconcile, tmp_path):
    account = "accounts: {demo: {provider: pozvonim, uid: demo, api_key: demo-key, base_url: emulator}}\n"
    (tmp_path / "p.yaml").write_text(account + "sites: {a.ru: {managers: [{phone: '+74951234567'}]}}\n")
    (tmp_path / "p.json").write_text("old")
    before = os.umask(0)
    try:
        done = reconcile("plan", "-o", "plan.json", "--write", "json=p.json", "--write", "text=/dev/stdout")
    finally:
        os.umask(before)

    assert (done.returncode, done.stdout.count("Plan: 1 to create")) == (0, 2)
    files = [tmp_path / name for name in ("plan.json", "p.json", ".reconcile/emulator.db")]
    assert {mode(path) for path in files} == {0o600}
    assert mode(tmp_path / ".reconcile") == 0o700


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("../outside.txt", "/etc/passwd", "/proc/self/environ", "link", "folder/file.txt", "a/../../outside.txt"),
        *(".git/config", ".reconcile/emulator.db", "to-git", "chain"),
    ],
)
def test_no_name_leads_out(tmp_path, name):
    root = tmp_path / "project"
    outside = tmp_path / "outside"
    for folder in (root / "a", root / ".git", root / ".reconcile", outside):
        folder.mkdir(parents=True)
    for path in (tmp_path / "outside.txt", outside / "file.txt", root / ".git" / "config"):
        path.write_text("secret")
    (root / ".reconcile" / "emulator.db").write_text("secret")
    (root / "link").symlink_to(tmp_path / "outside.txt")
    (root / "folder").symlink_to(outside)
    (root / "to-git").symlink_to(".git/config")
    (root / "chain").symlink_to("link")

    with pytest.raises(Outside):
        read_inside(root, root / name, 100)


def test_links_that_stay_inside_are_followed(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "key.txt").write_text("key")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").symlink_to("b/key.txt")

    assert read_inside(tmp_path, tmp_path / "c", 3) == read_inside(tmp_path, tmp_path / "b" / "key.txt", 3) == b"key"
    with pytest.raises(TooLarge):
        read_inside(tmp_path, tmp_path / "c", 2)


def test_what_is_no_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ""):
        with pytest.raises(NoFile):
            read_inside(tmp_path, tmp_path / name, 100)


def test_a_link_that_comes_between_the_look_and_the_opening_is_not_followed(tmp_path, monkeypatch):
    """The folder is exchanged for a link to outside as soon as its path has been resolved."""
    root, outside = tmp_path / "project", tmp_path / "outside"
    (root / "keys").mkdir(parents=True)
    outside.mkdir()
    (root / "keys" / "key.txt").write_text("own")
    (outside / "key.txt").write_text("stolen")
    original = os.path.realpath

    def exchanged(path, **options):
        real = original(path, **options)
        if str(path).endswith("key.txt"):
            (root / "keys").rename(root / "moved")
            (root / "keys").symlink_to(outside)
        return real

    monkeypatch.setattr(os.path, "realpath", exchanged)

    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        read_inside(root, root / "keys" / "key.txt", 100)
