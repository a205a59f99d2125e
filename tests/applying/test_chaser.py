"""A Chaser account over HTTP: its websites are compared, and whatever differs, nothing is sent."""

from __future__ import annotations

import json

from reconcile.emulator import Emulator, Options
from reconcile.model.normalize import read_address

PROJECT = """accounts:
  shop: {{provider: chaser, client_id: 700, private_key: s3cr3t, base_url: '{url}', prune: true}}
sites:
  acme.ru: {{title: Акме}}
  Окна-Мастер.рф: {{title: Окна}}
  other.ru: {{}}
  missing.ru: {{title: Нет}}
"""


def test_websites_are_compared_and_nothing_is_sent(tmp_path, reconcile):
    with Emulator(Options({}, tmp_path / "emulator.db", chaser_accounts={"700": "s3cr3t"})) as emulator:
        for name, title in (("acme.ru", "Акме"), ("окна-мастер.рф", "Двери"), ("other.ru", "x"), ("old.ru", "")):
            emulator.put_website("700", name, title)
        (tmp_path / "reconcile.yaml").write_text(PROJECT.format(url=emulator.url_of("chaser")), encoding="utf-8")

        applied = reconcile("apply", "--yes")
        planned = reconcile("plan", "--format", "json", "--detailed-exitcode")
        destroyed = reconcile("destroy", "--yes")

        assert {request.method for request in emulator.requests()} == {"GET"}
        assert len(emulator.websites("700")) == 4
    assert (applied.returncode, planned.returncode, destroyed.returncode) == (0, 2, 0)
    plan = json.loads(planned.stdout)
    assert plan["summary"] == {"create": 0, "update": 0, "delete": 0, "noop": 2, "manual": 3}
    assert [step["address"] for step in plan["manual"]] == [
        "shop/site/missing.ru",
        "shop/site/old.ru",
        f"shop/site/{read_address('окна-мастер.рф')}",
    ]
    assert "s3cr3t" not in "".join(done.stdout + done.stderr for done in (applied, planned, destroyed))
    assert destroyed.stdout.count("by hand: ") == 3
