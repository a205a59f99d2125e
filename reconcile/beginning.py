"""A project that begins with what is live: the account that it is to declare, as if the folder declared it already."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from msgspec.structs import replace

from reconcile.config.load import project_files
from reconcile.errors import ConfigError, ReconcileError, UsageError
from reconcile.importing.yamltext import document
from reconcile.workflow import Project, validate

#: What a new project says of an account's credentials: never what they are.
CREDENTIALS: Final = {
    "pozvonim": {"uid": "${env.POZVONIM_UID}", "api_key": "${env.POZVONIM_API_KEY}"},
    "chaser": {"client_id": "${env.CHASER_CLIENT_ID}", "private_key": "${env.CHASER_PRIVATE_KEY}"},
}
_VARIABLE: Final = re.compile(r"\$\{env\.(\w+)\}")


def new_account(provider: str, name: str | None = None, base_url: str | None = None) -> dict[str, Any]:
    """The section `accounts` of a new project, with one account, called as its service where it has no name."""
    raw = {"provider": provider, **CREDENTIALS[provider]}
    return {name or provider: raw | ({"base_url": base_url} if base_url else {})}


def begin(root: Path, accounts: Mapping[str, Any], environ: Mapping[str, str]) -> Project:
    """A project that only declares accounts, as if it were in `root` already; makes the folder, and writes nothing.

    Raises `UsageError` where there is a project in it, and `ReconcileError` for what is wrong with an account: no
    line of a file, which is not there yet.
    """
    there = next(project_files(root), None) if root.is_dir() else None
    if there is not None:
        raise UsageError(f"{there} is there already: --provider begins a project in a folder without one")
    unset = [name for name in _variables(accounts) if not environ.get(name)]
    if unset:
        raise ReconcileError(f"set {' and '.join(unset)} first: they are what the account is read with")
    with TemporaryDirectory() as folder:
        Path(folder, "reconcile.yaml").write_text(document({"version": 1, "accounts": accounts}), encoding="utf-8")
        try:
            project = validate(Path(folder), environ)
        except ConfigError as error:
            said = "; ".join(problem.message for problem in error.problems)
            raise ReconcileError(f"there is something wrong with the account: {said}") from None
    root.mkdir(parents=True, exist_ok=True)
    return replace(project, root=root)


def _variables(accounts: Mapping[str, Any]) -> list[str]:
    """The environment variables that hold the accounts' credentials."""
    texts = [text for raw in accounts.values() for text in raw.values()]
    return list(dict.fromkeys(name for text in texts for name in _VARIABLE.findall(text)))


def require_begun(root: Path) -> None:
    """Raises `ReconcileError` for a folder with no project in it yet, and says how one begins."""
    if root.is_dir() and next(project_files(root), None) is None:
        raise ReconcileError(
            f"{root}: no *.yaml file declares an account here; `reconcile import --provider pozvonim` begins a project "
            "with what is live, and `reconcile init` writes one to start from"
        )
