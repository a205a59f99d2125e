from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from live_accounts import live_accounts

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.planning.diff import build_plan
from reconcile.planning.plan import Plan
from reconcile.providers import registry

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def plan_of() -> Callable[[str], Plan]:
    """The plan for a folder of `cases/`: a project, and the live accounts as the services give them."""

    def plan(name: str) -> Plan:
        desired = load_state(CASES / name / "project", {}, Services(registry.service, registry.names))
        raw = json.loads((CASES / name / "live.json").read_text(encoding="utf-8"))
        return build_plan(desired, live_accounts(desired, raw))

    return plan
