"""The tables are what the migrations make; stores of every version are brought up to date, by whoever comes first."""

from __future__ import annotations

import multiprocessing
import re
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from reconcile.applying.report import Verdict
from reconcile.store import migrate, open_store
from reconcile.store.database import Database
from reconcile.store.records import WaveRecord
from reconcile.store.tables import HEAD, VERSION_TABLE, metadata

TIMES = (1795342272.25, 1795342273.0, 1795342273.25)
BEGUN = WaveRecord(2, "9", started=1795342273.25)
DUMPS = Path(__file__).parent.parent / "data" / "store"
LATER = '''"""A column more, as a later version may have it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("reconcile_steps") as table:
        table.add_column(sa.Column("tries", sa.Integer, nullable=False, server_default="1"))
'''


# Processes are forked so that they have this one's patches; Python warns of that where other threads run.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture
def empty(url, tmp_path):
    """An engine on a database without tables."""
    database = Database(url, tmp_path)
    with database.begin() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql(f"DROP TABLE {VERSION_TABLE}")
    yield database
    database.close()


def differences(connection):
    def ours(name, kind, parents):
        return kind != "table" or name.startswith("reconcile_")

    options = {"version_table": VERSION_TABLE, "include_name": ours, "compare_server_default": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def test_the_revisions_that_are_known_are_those_of_the_migrations():
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    script = ScriptDirectory.from_config(config)

    assert tuple(one.revision for one in reversed(list(script.walk_revisions()))) == migrate.REVISIONS
    assert script.get_heads() == [HEAD]


def test_the_tables_are_what_the_migrations_make(empty):
    with empty.begin() as connection:
        migrate.migrate(connection)
    with empty.begin() as connection:
        assert migrate.revision(connection) == HEAD
        assert differences(connection) == []
        migrated = schema(connection)
        connection.exec_driver_sql("DROP TABLE reconcile_steps")
        assert differences(connection) != []  # it would be seen
        metadata.drop_all(connection)
        connection.exec_driver_sql(f"DROP TABLE {VERSION_TABLE}")
    with empty.begin() as connection:
        migrate.bring_up_to_date(connection, "here")
        assert schema(connection) == migrated  # names of indexes and constraints, too


def schema(connection):
    """What the database itself says of its tables, and of what belongs to them."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        return [sorted(re.sub(r'[\s",]+', " ", row.sql).split()) for row in rows]
    inspector = sa.inspect(connection)
    return [
        str(part(table))
        for table in sorted(inspector.get_table_names())
        for part in (
            inspector.get_columns,
            inspector.get_pk_constraint,
            inspector.get_foreign_keys,
            inspector.get_indexes,
        )
    ]


def load(database, revision):
    """Fills a database with what a released version left in its own; see tests/data/store."""
    text = (DUMPS / f"{revision}.{database.engine.dialect.name}.sql").read_text(encoding="utf-8")
    statements = [one for one in re.split(r";\n", text) if one.strip()]
    with database.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))


@pytest.mark.parametrize("revision", migrate.REVISIONS)
def test_a_store_of_every_released_version_is_brought_up_to_date_and_read(empty, tmp_path, revision):
    load(empty, revision)

    with open_store(empty.engine.url.render_as_string(hide_password=False), tmp_path) as store:
        newest, died = store.runs()
        run = store.run(newest.name)
    with empty.begin() as connection:
        assert migrate.revision(connection) == HEAD
        assert differences(connection) == []
    assert (newest.status, died.status, newest.user) == ("partial", "died", "анна")
    assert newest.summary == {"done": 1, "failed": 1, "not_attempted": 0, "unknown": 0}
    assert [(str(step.address), step.action, step.id, step.outcome) for step in run.steps] == [
        ("studio/site/xn--80atjc.xn--p1ai", "create", 12, "done"),
        ("studio/site/acme.ru", "update", 7, "failed"),
    ]
    later = revision > "0001"
    assert (run.resumes, [step.wave for step in run.steps]) == ((died.name, [1, 2]) if later else (None, [None, None]))
    verdict = Verdict("command ./check.sh", passed=True)
    assert run.waves == ((WaveRecord(1, "1", *TIMES, passed=True, verdicts=(verdict,)), BEGUN) if later else ())
    assert run.steps[1].before == {"url": "acme.ru", "widget.call_time": 28}
    assert [(field.path, field.before, field.after) for field in run.steps[1].fields] == [("widget.call_time", 28, 35)]


@pytest.fixture
def later(tmp_path, monkeypatch):
    """The migrations of a later version."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "v0003_later.py").write_text(LATER, encoding="utf-8")
    monkeypatch.setattr(migrate, "MIGRATIONS", folder)
    monkeypatch.setattr(migrate, "HEAD", "0003")
    monkeypatch.setattr(migrate, "REVISIONS", ("0001", "0002", "0003"))


def _open(url, root, ready, results):
    ready.wait()
    try:
        with open_store(url, root) as store:
            results.put(len(store.runs()))
    except BaseException as error:  # noqa: BLE001 - the test is to see it
        results.put(repr(error))


def together(url, root, number=6):
    """What processes find that open one store at the same moment."""
    fork = multiprocessing.get_context("fork")
    results, ready = fork.Queue(), fork.Barrier(number)
    processes = [fork.Process(target=_open, args=(url, root, ready, results)) for _ in range(number)]
    for process in processes:
        process.start()
    found = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    return found


def test_processes_that_make_a_store_at_the_same_moment(url, tmp_path):
    assert together(url, tmp_path) == [0] * 6


def test_processes_that_migrate_a_store_at_the_same_moment_lose_nothing(empty, tmp_path, later):
    load(empty, "0001")

    assert together(empty.engine.url.render_as_string(hide_password=False), tmp_path) == [2] * 6

    with empty.begin() as connection:
        assert migrate.revision(connection) == "0003"
        assert connection.exec_driver_sql("SELECT DISTINCT tries FROM reconcile_steps").scalars().all() == [1]


def test_a_migration_that_fails_leaves_the_store_as_it_was(empty, tmp_path, later):
    load(empty, "0001")
    broken = migrate.MIGRATIONS / "versions" / "v0003_later.py"
    broken.write_text(LATER + "    op.execute('SELECT * FROM nowhere')\n", encoding="utf-8")

    with pytest.raises(Exception, match="nowhere"):
        Database(empty.engine.url.render_as_string(hide_password=False), tmp_path)

    with empty.begin() as connection:
        assert migrate.revision(connection) == "0001"
        assert "wave" not in {column["name"] for column in sa.inspect(connection).get_columns("reconcile_steps")}


def test_what_is_not_ours_in_a_teams_database_stays(url, tmp_path):
    with open_store(url, tmp_path) as store:
        tables = sa.inspect(store._database.engine).get_table_names()

    assert {name.partition("_")[0] for name in tables} == {"reconcile"}
