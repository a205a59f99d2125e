from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from lossy import Lossy, lossy

from reconcile import workflow
from reconcile.applying.report import Report, Result
from reconcile.emulator import Emulator, Options
from reconcile.planning.plan import Plan
from reconcile.planning.select import EVERYTHING

UID = "100"
COMMON = "managers:\n  anna: {phone: +7 495 123-45-67, name: Анна}\ndefaults: {managers: [anna], report_period: 60}\n"


class Account:
    """A project against a service: what it declares can change, and so can the service behind its back."""

    def __init__(self, root: Path, emulator: Emulator, way: Lossy) -> None:
        self.root = root
        self.emulator = emulator
        self.way = way

    def declare(self, sites: str = "", *, settings: str = "", top: str = "", key: str = "key") -> None:
        service = f"base_url: '{self.way.url}', list_lag: 0"  # what was created is in the lists at once
        account = f"{{provider: pozvonim, uid: '{UID}', api_key: {key}, {service}{settings}}}"
        text = f"accounts:\n  studio: {account}\n{COMMON}{top}sites:\n{sites or '  {}'}\n"
        (self.root / "reconcile.yaml").write_text(text, encoding="utf-8")

    @contextmanager
    def connected(self, parallelism: int = 4) -> Iterator[tuple[Plan, Callable[..., Report]]]:
        """The plan, and what carries it out; in between the test may interfere."""
        project = workflow.validate(self.root, {})
        with workflow.connected(project, parallelism) as providers:
            plan = workflow.plan(project, providers, EVERYTHING)

            def apply(stopping: Event | None = None, advance: Callable[[Result], Any] = lambda result: None) -> Report:
                return workflow.apply(
                    project,
                    plan,
                    providers,
                    run="RUN",
                    parallelism=parallelism,
                    stopping=stopping or Event(),
                    advance=advance,
                )

            yield plan, apply

    def apply(self) -> Report:
        with self.connected() as (_, apply):
            return apply()

    def live(self, client: int | None = None) -> dict[str, dict[str, Any]]:
        return {site["site"]["url"]: site for site in self.emulator.sites(UID, client)}

    def clients(self) -> dict[str, int]:
        """The ids of the live clients, by e-mail."""
        return {client["email"]: client["id"] for client in self.emulator.clients(UID)}

    def add(self, url: str, client: int | None = None, **site: Any) -> int:
        """A site that somebody else made, the studio's own or a client's."""
        sections = {
            "site": {"url": url, "report_period": 60, **site},
            "managers": [{"phone": "+74951234567", "name": "Анна"}],
        }
        return self.emulator.put_site(UID, sections, client)

    def drop_client(self, client: int) -> None:
        """Deletes a client and its sites, which only the dashboard can."""
        for site in self.emulator.sites(UID, client):
            self.emulator.drop_site(site["id"])
        with closing(sqlite3.connect(self.root.parent / "emulator.db")) as database, database:
            database.execute("DELETE FROM clients WHERE id = ?", [client])

    def writes(self) -> list[str]:
        """What was sent that changes anything, in order."""
        return [f"{r.method} {r.path}" for r in self.emulator.requests() if r.method != "GET"]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with Emulator(Options({UID: "key", "200": "key"}, tmp_path / "emulator.db")) as emulator:
        root = tmp_path / "project"
        root.mkdir()
        with lossy(emulator.url) as way:
            yield Account(root, emulator, way)


@pytest.fixture
def outcomes() -> Callable[[Report], dict[str, tuple[str, str]]]:
    """Each site's outcome and its error."""
    return lambda report: {r.address.name: (r.outcome.value, r.error) for r in report.results}
