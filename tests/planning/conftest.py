from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from live_accounts import live_accounts

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.model.state import DesiredState
from reconcile.planning.diff import build_destroy_plan, build_plan
from reconcile.planning.plan import Plan
from reconcile.planning.select import selection
from reconcile.providers import registry

ACCOUNT = "accounts:\n  studio: {provider: pozvonim, uid: '100', api_key: secret, prune: true}\n"


@pytest.fixture
def declared(tmp_path: Path) -> Callable[..., DesiredState]:
    """A desired state from YAML, beside an account that prunes: `declared("sites: …")`."""

    def state(text: str, accounts: str = ACCOUNT) -> DesiredState:
        (tmp_path / "accounts.yaml").write_text(accounts, encoding="utf-8")
        (tmp_path / "sites.yaml").write_text(text, encoding="utf-8")
        return load_state(tmp_path, {}, Services(registry.service, registry.names))

    return state


@pytest.fixture
def planned() -> Callable[..., Plan]:
    """A plan for a desired state and live accounts as the services give them (see `live_accounts`)."""

    def plan(
        desired: DesiredState, raw: dict[str, Any], *, select: tuple[str, ...] = (), destroy: bool = False
    ) -> Plan:
        build = build_destroy_plan if destroy else build_plan
        return build(desired, live_accounts(desired, raw), selection=selection(select))

    return plan


@pytest.fixture
def raw_site() -> Callable[..., dict[str, Any]]:
    """A live site as the service gives it."""

    def site(number: int, url: str, **fields: Any) -> dict[str, Any]:
        return {
            "id": number,
            "site": {"url": url, **fields},
            "managers": [{"phone": "74951234567", "name": "Анна"}],
            "widget": {"call_time": 28},
            "blacklists": {},
        }

    return site
