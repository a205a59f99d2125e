from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.errors import ReconcileError
from reconcile.model.state import DesiredState
from reconcile.providers import registry

ACCOUNT = "accounts:\n  studio: {provider: pozvonim, uid: '100', api_key: secret}\n"


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., DesiredState]:
    """Writes a project, beside a file with an account, and loads it: `load({"sites.yaml": "…"})`."""

    def loaded(files: dict[str, str | bytes], env: dict[str, str] | None = None) -> DesiredState:
        for name, content in ({"accounts.yaml": ACCOUNT} | files).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_state(tmp_path, env or {}, Services(registry.service, registry.names))

    return loaded


@pytest.fixture
def refused(load: Callable[..., DesiredState]) -> Callable[..., str]:
    """What is said about a project that can't be used."""

    def said(files: dict[str, str | bytes], env: dict[str, str] | None = None) -> str:
        with pytest.raises(ReconcileError) as error:
            load(files, env)
        return str(error.value)

    return said
