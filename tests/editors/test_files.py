"""What the program writes names the schema for editors, and nothing that it does to a file takes that away."""

from __future__ import annotations

import pytest
import yaml

from reconcile.model.editors import SCHEMA_FILE, modeline, schema_text

#: In an order that is not `fmt`'s, with the line above the section that goes down.
SITES = (
    modeline("a.yaml")
    + "sites:\n  old.ru: {account: main, managers: [anna]}\nmanagers:\n  anna: {phone: '8 495 1112233'}\n"
)


@pytest.fixture
def starter(reconcile, tmp_path):
    assert reconcile("init").returncode == 0
    return tmp_path


def first_lines(root):
    """The first line of every YAML file, by its path."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8").splitlines()[0] + "\n"
        for path in sorted(root.rglob("*.yaml"))
    }


def test_init_writes_the_schema_beside_files_that_name_it(starter):
    assert (starter / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text()
    assert first_lines(starter) == {file: modeline(file) for file in ("reconcile.yaml", "shared.yaml", "sites.yaml")}


def test_the_line_outlives_fmt_and_move(starter, reconcile):
    (starter / "sites.yaml").write_text(SITES, encoding="utf-8")
    (starter / "shared.yaml").unlink()

    assert reconcile("fmt").stdout == "formatted sites.yaml\n1 file formatted, 1 unchanged.\n"
    assert reconcile("move", "old.ru", "new.ru").returncode == 0
    assert first_lines(starter) == {file: modeline(file) for file in ("reconcile.yaml", "sites.yaml")}
    assert list(yaml.safe_load((starter / "sites.yaml").read_text(encoding="utf-8"))) == ["managers", "sites"]
    assert reconcile("fmt", "--check").returncode == 0


@pytest.mark.parametrize("keeps_the_schema", [True, False])
def test_an_import_writes_the_line_where_the_project_keeps_the_schema(starter, reconcile, keeps_the_schema):
    assert reconcile("apply", "--yes").returncode == 0
    for name in ("shared.yaml", "sites.yaml"):
        (starter / name).unlink()
    if not keeps_the_schema:
        (starter / SCHEMA_FILE).unlink()

    whole = reconcile("import")
    assert whole.returncode == 0, whole.stderr
    for name in ("shared.yaml", "sites.yaml"):
        assert first_lines(starter)[name].startswith("# yaml-language-server:") == keeps_the_schema
        (starter / name).unlink()
    into = reconcile("import", "--into", "клиенты/все")
    assert into.returncode == 0, into.stderr
    expected = modeline("клиенты/все/sites.yaml") if keeps_the_schema else None
    assert first_lines(starter)["клиенты/все/sites.yaml"] == (expected or "sites:\n")
    assert reconcile("plan", "--detailed-exitcode").returncode == 0
