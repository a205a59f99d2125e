from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from actions import Done, Runner
from forges import TOKEN, GitHub, GitLab, serving

from reconcile.emulator import Emulator, Options

UID, KEY = "100", "the-secret-key"
ROOT = Path(__file__).resolve().parents[2]


def sha(number: int) -> str:
    """A commit."""
    return f"{number:02x}" * 20


@pytest.fixture(scope="session")
def repository() -> Path:
    return ROOT


@pytest.fixture
def emulator(tmp_path) -> Iterator[Emulator]:
    """The live account, with one site."""
    service = Emulator(Options({UID: KEY}, tmp_path / "emulator.db"))
    service.start()
    site = {"site": {"url": "acme.ru", "report_period": 60}, "managers": [{"phone": "+74951234567", "name": "Анна"}]}
    service.put_site(UID, site)
    yield service
    service.stop()


@pytest.fixture
def hub() -> Iterator[GitHub]:
    with serving(GitHub()) as forge:
        assert isinstance(forge, GitHub)
        yield forge
    assert forge.strange == []


@pytest.fixture
def lab() -> Iterator[GitLab]:
    with serving(GitLab()) as forge:
        assert isinstance(forge, GitLab)
        yield forge
    assert forge.strange == []


@dataclass
class Repository:
    """A repository at the stand-in: its files, and jobs that run the actions in them."""

    hub: GitHub
    folder: Path
    live: Emulator
    environment: dict[str, str]
    runs: int = 1000
    log: list[str] = field(default_factory=list)

    def declare(self, period: int, *more: str, top: str = "") -> None:
        """The project's files: acme.ru is reported about every so many seconds."""
        account = "{provider: pozvonim, uid: '${env.POZVONIM_UID}', api_key: '${env.POZVONIM_API_KEY}'"
        lines = "".join(f"  {line}\n" for line in (f"acme.ru: {{report_period: {period}}}", *more))
        text = f"accounts:\n  studio: {account}, base_url: '{self.live.url}'}}\n{top}"
        text += "managers:\n  anna: {phone: +7 495 123-45-67, name: Анна}\n"
        text += f"defaults: {{managers: [anna], report_period: 60}}\nsites:\n{lines}"
        self.folder.mkdir(exist_ok=True)
        (self.folder / "reconcile.yaml").write_text(text, encoding="utf-8")

    def period(self) -> int:
        return self.live.sites(UID)[0]["site"]["report_period"]

    def act(self, action: str, commit: str, *, number: int | None = None, run: int = 0, **options: Any) -> Done:
        """A job of its own for an action, on a pull request or not."""
        attempt, base = options.pop("attempt", 1), options.pop("base", "main")
        if files := options.pop("files", ""):
            options["commit"] = files
        secrets = options.pop("secrets", f"POZVONIM_UID={UID}\nPOZVONIM_API_KEY={KEY}\n")
        if not run:
            self.runs += 1
            run = self.runs
        head = commit if number is None else self.hub.pulls[number]["head"]
        self.hub.begin(run, commit, options.pop("repository", ""))
        temp = self.folder.parent / f"run-{run}-{attempt}-{len(list(self.folder.parent.iterdir()))}"
        temp.mkdir()
        event = temp / "event.json"
        about = {} if number is None else {"number": number, "head": {"sha": commit}, "base": {"ref": base}}
        payload = {"repository": {"default_branch": "main"}} | ({"pull_request": about} if about else {})
        event.write_text(json.dumps(payload), encoding="utf-8")
        env = self.environment | {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.hub.url,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": self.hub.repository,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": options.pop("ref", "refs/heads/main"),
            "GITHUB_SHA": commit if number is None else "e" * 40,
            "GITHUB_RUN_ID": str(run),
            "GITHUB_RUN_ATTEMPT": str(attempt),
        }
        assert head
        runner = Runner(self.hub, self.folder.parent, temp, env, run)
        if action != "validate":
            options.setdefault("name", "default")
        done = runner.act(
            ROOT / ".github" / "actions" / action,
            directory=self.folder.name,
            install="false",
            environment=secrets,
            **options,
        )
        assert TOKEN not in done.log + done.summary
        assert KEY not in done.summary
        assert KEY not in re.sub("^::add-mask::.*\n", "", done.log, flags=re.MULTILINE)
        return done

    def comment(self, number: int) -> str:
        """The one comment of the bot on a pull request."""
        (text,) = self.hub.texts(number)
        return str(text)


@pytest.fixture
def studio(hub, emulator, tmp_path, clean_environment) -> Repository:
    folder = tmp_path / "work" / "widgets"
    folder.parent.mkdir()
    made = Repository(hub, folder, emulator, clean_environment)
    made.declare(90)
    return made


Shown = Callable[[str], str]


@pytest.fixture
def same_every_time(emulator, hub) -> Shown:
    """Text without what is new with every try: ports, digests and names of runs."""

    def shown(text: str) -> str:
        text = re.sub(r"sha256:[0-9a-f]{12}[0-9a-f]{52}", "sha256:DIGEST", text)
        text = re.sub(r"sha256:[0-9a-f]{12}…", "sha256:DIGEST…", text)
        text = re.sub(r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b", "RUN", text)
        text = re.sub(r"at=[-\dT:.]{23}Z", "at=TIME", text)
        return text.replace(emulator.url, "https://live.example/v2u").replace(hub.url, "https://api.github.example")

    return shown
