"""What an import writes, as data: each folder holds what is declared, what is live, and the files that come of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from live_accounts import live_accounts

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.editing.layout import laid_out
from reconcile.importing.layout import Layout
from reconcile.importing.project import build
from reconcile.importing.values import Defaults
from reconcile.importing.whole import write
from reconcile.planning.diff import build_plan
from reconcile.providers import registry
from reconcile.reports.importing import import_text

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/live.yaml"))
SERVICES = Services(registry.service, registry.names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case, tmp_path):
    """`# defaults: keep` and `# layout: clients` in the first lines of live.yaml are options."""
    text = (case / "live.yaml").read_text(encoding="utf-8")
    options = yaml.safe_load("\n".join(line[2:] for line in text.splitlines() if line.startswith("# "))) or {}
    declared = case / "reconcile.yaml"
    (tmp_path / "reconcile.yaml").write_bytes(declared.read_bytes())
    state = load_state(tmp_path, {}, SERVICES)
    live = live_accounts(state, grown(yaml.safe_load(text)))

    made = build(state, live, Defaults(options.get("defaults", "drop")))
    report = write(tmp_path, made, Layout(options.get("layout", "auto")))

    (tmp_path / "report.txt").write_text(import_text(report, made.profiles), encoding="utf-8")
    assert files(tmp_path) == files(case, "live.yaml")
    written = [text for name, text in files(tmp_path, "reconcile.yaml").items() if name.endswith(".yaml")]
    assert [laid_out(text) for text in written] == written
    after = load_state(tmp_path, {}, SERVICES)
    plan = build_plan(after, live)
    assert (plan.changes, plan.errors) == ((), ())


def files(folder, *but):
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in but
    }


def grown(accounts):
    """Accounts in which a site with `times: N` stands for N sites; `%` in its texts is the number."""
    return {
        name: {**account, "sites": [site for one in account["sites"] for site in repeated(one)]}
        for name, account in accounts.items()
    }


def repeated(site):
    times = site.pop("times", None)
    return [site] if times is None else [numbered(site, number) for number in range(times)]


def numbered(value, number):
    if isinstance(value, dict):
        return {key: numbered(child, number) for key, child in value.items()}
    if isinstance(value, list):
        return [numbered(child, number) for child in value]
    if isinstance(value, str) and "%" in value:
        text = value.replace("%", f"{number:02}")
        return int(text) if value.strip("%0123456789") == "" else text
    return value


@pytest.mark.parametrize("prune", [False, True])
def test_others_of_the_same_address_are_told_of_where_the_next_apply_deletes_them(prune, tmp_path):
    account = f'{{provider: pozvonim, uid: "1", api_key: key, prune: {str(prune).lower()}}}'
    (tmp_path / "reconcile.yaml").write_text(f"accounts: {{studio: {account}}}\n", encoding="utf-8")
    state = load_state(tmp_path, {}, SERVICES)
    site = {"site": {"url": "twice.ru"}, "managers": [{"phone": "+74951234567"}], "widget": {}, "blacklists": {}}
    live = live_accounts(state, {"studio": [{"id": number, **site} for number in (1, 2)]})

    made = build(state, live, Defaults.DROP)
    report = write(tmp_path, made, Layout.AUTO)

    plan = build_plan(load_state(tmp_path, {}, SERVICES), live)
    assert [change.id for change in plan.changes] == ([2] if prune else [])
    [warning] = report.warnings
    assert "studio/site/twice.ru is live 2 times; the one with id 1 is declared" in warning
    assert ("has `prune: true`, so the next apply may delete them" in warning) is prune


def test_what_the_first_row_leaves_out_stands_in_its_place(tmp_path):
    accounts = 'accounts: {studio: {provider: pozvonim, uid: "1", api_key: key}}'
    (tmp_path / "reconcile.yaml").write_text(f"{accounts}\ndefaults: {{report_period: 40}}\n", encoding="utf-8")
    state = load_state(tmp_path, {}, SERVICES)
    later = {"report_email": "a@b.ru", "notification_phone": "+74951234568"}
    sites = [
        {
            "id": number,
            "site": {"url": f"s{number:02}.ru", "report_period": 41, "auto_payment": 1} | (later if number > 1 else {}),
            "managers": [{"phone": f"+749512345{number:02}"}],
            "widget": {},
            "blacklists": {},
        }
        for number in range(1, 41)
    ] + [{"id": 99, "site": {"url": "own.ru"}, "managers": [{"phone": "+74951234567"}], "widget": {}, "blacklists": {}}]

    made = build(state, live_accounts(state, {"studio": sites}), Defaults.DROP)
    write(tmp_path, made, Layout.AUTO)

    assert made.groups
    text = (tmp_path / "sites.yaml").read_text(encoding="utf-8")
    assert laid_out(text) == text
