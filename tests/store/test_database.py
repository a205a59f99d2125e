"""`store:`: what it may be, and what is said where it does not work; never its password."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from postgresql import PASSWORD

from reconcile.errors import StoreError
from reconcile.store import open_store

WRONG = {
    "no URL": ("canary", "`store:` is no URL of a database; write something like sqlite:///.reconcile/history.db"),
    "a port that is none": ("postgresql://a:canary@host:por/db", "`store:` is no URL of a database"),
    "another database": ("mysql://a:canary@host/db", "`store:` begins with mysql://, which is not known; known are "),
    "an old name": ("postgres://a:canary@host/db", "which is not known; write postgresql://"),
    "another driver": ("postgresql+asyncpg://a:canary@host/db", "`store:` begins with postgresql+asyncpg://"),
    "an @ in the password": ("postgresql://a:x@canary@host/db", "more than one @; one in a password is written %40"),
    "memory": ("sqlite://", "names no file, so nothing would be kept; write sqlite:///PATH"),
    "memory by name": ("sqlite:///:memory:", "names no file"),
    "two slashes": ("sqlite://history.db", "names no file"),
    "a folder": ("sqlite:///folder", "/folder can't be used: Is a directory"),
    "below a file": ("sqlite:///file/history.db", "history.db can't be used: "),
    "no database": ("sqlite:///file", "file: is there, and is no database of SQLite; name another file"),
    "nobody listens": ("postgresql://a:canary@127.0.0.1:1/db", "PostgreSQL at 127.0.0.1:1, database db can't be used"),
    "no transactions": (
        "postgresql://a:canary@127.0.0.1:1/db?autocommit=1",
        "has the parameter `autocommit`, which is",
    ),
    "a plugin": ("postgresql://a:canary@127.0.0.1:1/db?plugin=canary", "has the parameter `plugin`, which is none of"),
    "no such parameter": ("postgresql://a@127.0.0.1:1/db?password=canary&colour=red", "can't be used: "),
}


@pytest.mark.parametrize(("url", "said"), WRONG.values(), ids=WRONG)
def test_what_does_not_work_is_said_in_a_line_without_the_password(tmp_path, url, said):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("this is no database, and longer than the header of one " * 20, encoding="utf-8")

    with pytest.raises(StoreError) as error:
        open_store(url, tmp_path)

    assert said in str(error.value)
    assert "canary" not in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.__context__ is None or error.value.__suppress_context__  # which would repeat it


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [("postgres", "canary-wrong", "password authentication failed"), ("nowhere", PASSWORD, "does not exist")],
)
def test_what_a_server_refuses_is_said_without_the_password(postgresql_server, tmp_path, name, password, said):
    with pytest.raises(StoreError, match=said) as error:
        open_store(postgresql_server.url(name, password), tmp_path)

    assert "canary" not in str(error.value)


def test_the_file_and_its_folder_are_the_owners_alone(tmp_path):
    folder = tmp_path / ".reconcile"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)  # as the emulator made it
    with open_store("sqlite:///.reconcile/history.db", tmp_path) as store:
        store.runs()
        files = sorted(folder.iterdir())
        assert {path.name for path in files} == {".gitignore", "history.db", "history.db-shm", "history.db-wal"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with open_store("sqlite:///new/deep/history.db", tmp_path):
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_what_was_committed_survives_a_power_failure(tmp_path):
    with open_store("sqlite:///history.db", tmp_path) as store:
        for durable, level in ((True, 2), (False, 1)):
            with store._database.begin(durable=durable) as connection:
                assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
                assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == level


def test_a_store_of_a_later_version_is_left_alone(tmp_path):
    with open_store("sqlite:///history.db", tmp_path):
        pass
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE reconcile_version SET version_num = '0999'")

    with pytest.raises(StoreError, match=r"a later version of this program \(.*0999.*\); update the program, or name"):
        open_store("sqlite:///history.db", tmp_path)


def test_paths_start_at_the_projects_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = Path("project")
    root.mkdir()
    with open_store("sqlite:///история.db", root):
        pass

    assert [path.name for path in root.iterdir()] == ["история.db"]
