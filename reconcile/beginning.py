"""A project that begins with what is live: the account that it is to declare, as if the folder declared it already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from reconcile.config.load import project_files
from reconcile.errors import ReconcileError, UsageError
from reconcile.importing.yamltext import document
from reconcile.workflow import Project, validate

#: What a new project says of an account's credentials: never what they are.
CREDENTIALS: Final = {
    "pozvonim": {"uid": "${env.POZVONIM_UID}", "api_key": "${env.POZVONIM_API_KEY}"},
    "chaser": {"client_id": "${env.CHASER_CLIENT_ID}", "private_key": "${env.CHASER_PRIVATE_KEY}"},
}


def new_account(provider: str, name: str | None = None, base_url: str | None = None) -> dict[str, Any]:
    """The section `accounts` of a new project, with one account, called as its service where it has no name."""
    raw = {"provider": provider, **CREDENTIALS[provider]}
    return {name or provider: raw | ({"base_url": base_url} if base_url else {})}


def begin(root: Path, accounts: Mapping[str, Any], environ: Mapping[str, str]) -> Project:
    """A project that only declares accounts, as if it were in `root` already; makes the folder, and writes nothing.

    Raises `UsageError` where there is a project in it, and `ConfigError` for what is wrong with an account.
    """
    there = next(project_files(root), None) if root.is_dir() else None
    if there is not None:
        raise UsageError(f"{there} is there already: --provider begins a project in a folder without one")
    with TemporaryDirectory() as folder:
        Path(folder, "reconcile.yaml").write_text(document({"version": 1, "accounts": accounts}), encoding="utf-8")
        project = validate(Path(folder), environ)
    root.mkdir(parents=True, exist_ok=True)
    return replace(project, root=root)


def require_begun(root: Path) -> None:
    """Raises `ReconcileError` for a folder with no project in it yet, and says how one begins."""
    if root.is_dir() and next(project_files(root), None) is None:
        raise ReconcileError(
            f"{root}: no *.yaml file declares an account here; `reconcile import --provider pozvonim` begins a project "
            "with what is live, and `reconcile init` writes one to start from"
        )
