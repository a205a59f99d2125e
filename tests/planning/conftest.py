from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.model.fields import site_kind
from reconcile.model.state import DesiredState, LiveAccount
from reconcile.planning.diff import build_destroy_plan, build_plan
from reconcile.planning.plan import Plan
from reconcile.planning.select import selection
from reconcile.providers import registry
from reconcile.providers.pozvonim.codec import SiteCodec

ACCOUNT = "accounts:\n  studio: {provider: pozvonim, uid: '100', api_key: secret, prune: true}\n"


@pytest.fixture
def live() -> Callable[[dict[str, Any]], dict[str, LiveAccount]]:
    """Live accounts from sites as the service gives them, by account."""
    codec = SiteCodec(site_kind())
    return lambda raw: {
        name: LiveAccount(name, tuple(codec.decode(name, site) for site in sites)) for name, sites in raw.items()
    }


@pytest.fixture
def declared(tmp_path: Path) -> Callable[..., DesiredState]:
    """A desired state from YAML, beside an account that prunes: `declared("sites: …")`."""

    def state(text: str, accounts: str = ACCOUNT) -> DesiredState:
        (tmp_path / "accounts.yaml").write_text(accounts, encoding="utf-8")
        (tmp_path / "sites.yaml").write_text(text, encoding="utf-8")
        return load_state(tmp_path, {}, Services(registry.service, registry.names))

    return state


@pytest.fixture
def planned(live) -> Callable[..., Plan]:
    """A plan for a desired state and sites as the service gives them."""

    def plan(
        desired: DesiredState, raw: dict[str, Any], *, select: tuple[str, ...] = (), destroy: bool = False
    ) -> Plan:
        build = build_destroy_plan if destroy else build_plan
        return build(desired, live(raw), selection=selection(select))

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
