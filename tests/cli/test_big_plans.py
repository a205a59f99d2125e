"""A change of very many sites, as the commands show it."""

from __future__ import annotations

import json


def test_a_change_of_a_whole_group_is_short_wherever_it_is_shown_and_full_on_request(studio, run, project):
    rows = "".join(f"s{n:02}.ru;+7 495 123-45-{n:02}\n" for n in range(40))
    (project / "dealers.csv").write_text(f"host;phone\n{rows}", encoding="utf-8")
    group = """site_groups:
  dealers:
    from: dealers.csv
    address: ${each.host}
    template: {widget: standard, managers: [{phone: "${each.phone}"}]}
widgets: {standard: {call_time: %d}}
"""
    studio.declare("own.ru:", top=group % 28)
    assert run("apply", "--yes").returncode == 0
    studio.declare("own.ru:", top=group % 35)

    plan, full = run("plan", "-o", "saved.json"), run("plan", "--full")
    shown, drift = run("show", "saved.json"), run("drift", "--full")
    data = json.loads(run("plan", "--format", "json").stdout)
    applied, told = run("apply", "saved.json"), run("history", "latest")

    assert plan.stdout == (
        "~ studio: the same on 40 sites, which will be updated (differs from site group dealers (dealers.csv))\n"
        "    ~ widget.call_time: 28 -> 35\n"
        "      all 40 sites of group dealers: s00.ru, s01.ru, s02.ru, s03.ru, s04.ru and 35 more\n"
        "\n"
        "Changes of       Create  Update  Delete  Of sites\n"
        "account=studio        0      40       0        41\n"
        "group=dealers         0      40       0        40\n"
        "widget=standard       0      40       0        40\n"
        "\n"
        "Plan: 0 to create, 40 to update, 0 to delete; 1 unchanged.\n"
    )
    assert shown.stdout == plan.stdout
    assert applied.stdout.startswith(plan.stdout)
    assert [f"s{n:02}.ru" for n in range(40) if f"s{n:02}.ru" not in full.stdout] == []
    assert drift.stdout == full.stdout
    assert len(data["changes"]) == 40
    assert data["summary_by"]["group"] == {"dealers": {"create": 0, "update": 40, "delete": 0, "sites": 40}}
    assert "~ studio: the same on 40 sites, updated: s00.ru (id " in told.stdout
    assert told.stdout.count("\n") < 12
