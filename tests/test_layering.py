"""Imports point one way, and a command that needs little loads little."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import reconcile

PACKAGE = Path(reconcile.__file__).parent

#: From the command line down to the nouns; a module may import from its own layer and from those to the right.
LAYERS = (
    ("review",),
    ("cli", "__main__"),
    ("beginning", "history", "inventory", "rollback", "rollout", "resume"),
    ("workflow", "activities"),
    ("ahead", "live", "runs", "judging"),
    ("reports",),
    ("store",),
    ("applying", "emulator"),
    ("providers",),
    ("editing",),
    ("planning", "importing"),
    ("config",),
    ("model",),
    ("errors", "values", "pools", "escaping", "private", "__init__"),
)
DEPTH = {name: depth for depth, layer in enumerate(LAYERS) for name in layer}
#: What planning is pure of: the network, the terminal, the clock.
IMPURE = {"requests", "urllib3", "aiohttp", "click", "time", "socket", "sqlite3", "threading", "random", "os"}
#: What a command imports only when it needs it.
LAZY = (
    "aiohttp",
    "alembic",
    "cel_expr_python",
    "jsonschema",
    "matplotlib",
    "msgspec",
    "orjson",
    "phonenumbers",
    "psycopg",
    "requests",
    "sqlalchemy",
    "tenacity",
    "yaml",
)

MODULES = sorted(PACKAGE.rglob("*.py"))


def layer_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file the import stands."""
    package = ["reconcile", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            if module == "reconcile":
                yield from (f"reconcile.{alias.name}" for alias in node.names if alias.name in DEPTH)


def test_every_folder_and_module_has_its_layer():
    there = {path.stem if path.suffix else path.name for path in PACKAGE.iterdir() if path.suffix in ("", ".py")}

    assert there - {"__pycache__", "schemas", "py", "py.typed"} <= set(DEPTH)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path):
    own = layer_of(".".join(["reconcile", *path.relative_to(PACKAGE).with_suffix("").parts]))
    backwards = [
        name for name in imported(path) if name.split(".")[0] == "reconcile" and DEPTH[layer_of(name)] < DEPTH[own]
    ]

    assert backwards == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_services_know_nothing_of_those_who_use_them(path):
    """Layers that stand beside each other, or use only one thing of their neighbour."""
    own = layer_of(".".join(["reconcile", *path.relative_to(PACKAGE).with_suffix("").parts]))
    used = {name for name in imported(path) if name.startswith("reconcile.")}
    if own == "emulator":
        foreign = {
            name
            for name in used
            if layer_of(name) not in ("emulator", "model", "errors", "values", "escaping", "private")
        }
        assert foreign <= {"reconcile.providers.http.query", "reconcile.providers.pozvonim.signing"}
    if own == "applying":
        assert {name for name in used if layer_of(name) in ("providers", "emulator")} <= {"reconcile.providers.base"}
    if own == "reports":
        assert {name for name in used if layer_of(name) == "applying"} <= {"reconcile.applying.report"}
        foreign = {name for name in used if layer_of(name) in ("providers", "emulator")}
        written = {"reconcile.providers.activities", "reconcile.providers.base"}  # the values that it writes
        drawn = {"reconcile.providers.pozvonim.assumed"}  # what the numbers of a widget look like
        assert foreign <= written | {name for name in drawn if path.parent.name == "html"}
    if own == "providers":
        assert not {name for name in used if layer_of(name) in ("planning", "config")}
    if own == "planning":
        assert {name.split(".")[0] for name in imported(path)}.isdisjoint(IMPURE)


def test_only_the_command_line_prints():
    def prints(path):
        return any(
            isinstance(node, ast.Call)
            and (
                (isinstance(node.func, ast.Name) and node.func.id == "print")
                or (isinstance(node.func, ast.Attribute) and node.func.attr == "echo")
                or (isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "sys.exit")
            )
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )

    printing = {path.relative_to(PACKAGE).parts[0] for path in MODULES if prints(path)}

    assert printing == {"cli", "review"}  # review has a command line of its own, for the steps of CI


@pytest.mark.parametrize("module", LAZY)
def test_the_entry_point_loads_no_library_that_a_command_may_not_need(module, clean_environment):
    code = f"import sys, reconcile.cli.main; sys.exit({module!r} in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], env=clean_environment, check=False).returncode == 0


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_what_changes_nothing_needs_no_store(command, tmp_path, clean_environment):
    account = "{provider: pozvonim, uid: demo, api_key: demo-key, base_url: emulator}"
    text = f"accounts: {{studio: {account}}}\nstore: postgresql://nobody@127.0.0.1:1/nowhere\n"
    text += "sites: {acme.ru: {managers: [{phone: '+74951234567', name: Анна}]}}\n"
    (tmp_path / "reconcile.yaml").write_text(text, encoding="utf-8")
    code = f"import sys, reconcile.cli.main as m; sys.exit(m.run([{command!r}]) or 'sqlalchemy' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=clean_environment, check=False)

    assert done.returncode == 0
