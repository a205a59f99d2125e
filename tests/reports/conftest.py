from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.model.state import LiveAccount
from reconcile.planning.diff import build_plan
from reconcile.planning.plan import Plan
from reconcile.providers import registry
from reconcile.providers.pozvonim.codec import SiteCodec

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def plan_of() -> Callable[[str], Plan]:
    """The plan for a folder of `cases/`: a project, and the live sites as the service gives them."""

    def plan(name: str) -> Plan:
        desired = load_state(CASES / name / "project", {}, Services(registry.service, registry.names))
        codec = SiteCodec(desired.kinds["site"])
        raw = json.loads((CASES / name / "live.json").read_text(encoding="utf-8"))
        live = {key: LiveAccount(key, tuple(codec.decode(key, site) for site in sites)) for key, sites in raw.items()}
        return build_plan(desired, live)

    return plan
