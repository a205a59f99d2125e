"""Planning as data: each folder of `cases/` is a project, what is live as the services give it, and the plan.

`options.json` holds what the command line would say: `select` and `destroy`; `live.json` is told of in `live_accounts`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.errors import PlanError
from reconcile.planning.planfile import plan_data
from reconcile.providers import registry

CASES = Path(__file__).parent / "cases"


def read(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_the_plan_is_this(case, planned):
    desired = load_state(case / "project", {}, Services(registry.service, registry.names))
    try:
        made = plan_data(planned(desired, read(case / "live.json"), **read(case / "options.json")))
    except PlanError as error:
        made = {"format_version": "1.0", "error": str(error)}
    else:
        by_account = made.pop("summary_by")["account"].values()
        for action in ("create", "update", "delete"):
            assert sum(numbers[action] for numbers in by_account) == made["summary"][action]
        if not made["undeclared"]:
            del made["undeclared"]
        assert made.pop("complete") == all(d["severity"] != "error" for d in made["diagnostics"])

    assert made == {"format_version": "1.0"} | read(case / "expected.json")
