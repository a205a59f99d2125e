"""A plan carried out in waves: what the project's `rollout:` needs of the services, the clock and the person there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING, assert_never

from msgspec import Struct, field

from reconcile.activities.missed import finished_and_missed
from reconcile.applying import waves as rolling
from reconcile.applying.gates import Missed, ask_command, find_program, judge_calls
from reconcile.applying.report import Outcome, Report, Result, Verdict, WaveReport
from reconcile.errors import PlanError, ProviderError
from reconcile.model.address import Address
from reconcile.model.capabilities import Action, Activity
from reconcile.model.normalize import count
from reconcile.model.resource import Live
from reconcile.model.rollout import CallsGate, CommandGate, ConfirmGate, Gate, Rollout, span
from reconcile.planning.plan import Change, Plan
from reconcile.planning.waves import Wave, require_matches, waves
from reconcile.providers.http.words import without_secrets
from reconcile.reports.json import wave_json
from reconcile.resume import Earlier
from reconcile.workflow import Project, apply

if TYPE_CHECKING:
    from reconcile.applying.journal import WaveJournal
    from reconcile.applying.sending import Advance
    from reconcile.providers.base import Provider


class Terminal(Struct, frozen=True):
    """What a rollout says and asks while it goes on.

    `wave` is around the changes of one, and gives what is told of each; `say` gets lines for people, and `output` what
    a gate's command writes. `ask` is whether a person says yes, None where that is interrupted.
    """

    wave: Callable[[Wave], AbstractContextManager[Advance]]
    say: Callable[[str], None]
    output: Callable[[str], None]
    ask: Callable[[str, Event], bool | None]


def waves_of(project: Project, plan: Plan, *, allow_empty: bool = False) -> tuple[Wave, ...]:
    """The waves of a plan by the project's `rollout:`. Raises `PlanError` for a selection that means nothing."""
    rollout = project.desired.rollout
    assert rollout is not None
    require_matches(rollout.waves, project.desired, plan, allow_empty=allow_empty)
    return waves(plan, rollout.waves)


def check_gates(project: Project, rollout: Rollout, made: Sequence[Wave]) -> None:
    """Raises `PlanError` for a gate that could never say yes; where there is one wave only, none is asked."""
    accounts = {change.address.account for wave in made for change in wave.changes}
    for gate in rollout.gates if len(made) > 1 else ():
        if isinstance(gate, CommandGate) and find_program(gate, project.root) is None:
            raise PlanError(
                f"the gate's program {gate.argv[0]} is not there, or may not be run; its path starts at the project's "
                "folder"
            )
        if isinstance(gate, CallsGate):
            for name in sorted(accounts):
                if Activity.STATISTICS not in project.desired.services[name].activities:
                    service = project.desired.accounts[name].provider
                    raise PlanError(
                        f"the gate `calls` needs statistics of calls, which the service of account {name} ({service}) "
                        "does not have; take the gate away, or apply the other accounts by --select"
                    )


class Rolling(Struct):
    """One rollout on its way. `earlier` is what was done of its waves before this run, by their numbers."""

    project: Project
    rollout: Rollout
    providers: Mapping[str, Provider]
    run: str
    of_waves: int
    terminal: Terminal
    stopping: Event
    parallelism: int
    journal: WaveJournal
    plan: Plan
    earlier: Mapping[int, Earlier] = field(default_factory=dict)
    owners: dict[Address, int] = field(default_factory=dict)
    times: dict[int, tuple[float, float]] = field(default_factory=dict)

    def roll_out(self, made: Sequence[Wave]) -> Report:
        """Carries out these waves. Every failure is in the report; nothing is raised for one."""
        edges = rolling.Edges(self.carry_out, self.rest, self.ask, self.stopping)
        return rolling.roll_out(
            self.plan, made, self.rollout, run=self.run, of_waves=self.of_waves, journal=self.journal, edges=edges
        )

    def carry_out(self, wave: Wave) -> Report:
        """Sends the changes of one wave."""
        self.terminal.say(f"Wave {wave.number} of {self.of_waves} ({wave.name}): {_changes(wave)}.")
        part = Plan(wave.changes, self.plan.noop, self.plan.sizes, kinds=self.plan.kinds)
        began = time.time()
        with self.terminal.wave(wave) as advance:
            report = apply(
                self.project,
                part,
                self.providers,
                run=self.run,
                parallelism=self.parallelism,
                stopping=self.stopping,
                advance=advance,
                journal=self.journal,
                owners=self.owners,
            )
        self.times[wave.number] = began, time.time()
        done = report.summary[Outcome.DONE]
        self.terminal.say(f"Wave {wave.number} of {self.of_waves}: {done} of {_changes(wave)} done.")
        return report

    def rest(self, wave: Wave, seconds: float) -> None:
        """The pause after a wave, or what is left of it where an earlier run began it; an interruption ends it."""
        if not wave.changes:
            _, carried_out = self.when(wave)
            seconds = round(min(carried_out + seconds - time.time(), seconds), 1)
        if seconds <= 0:
            return
        self.terminal.say(f"waiting {span(seconds)}, as `rollout.pause` says")
        self.stopping.wait(seconds)

    def ask(self, gate: Gate, wave: Wave, report: Report) -> Verdict | None:
        """What a gate says; None where it was interrupted."""
        self.terminal.say(f"gate {gate}: asking")
        match gate:
            case CommandGate():
                told = WaveReport(wave.number, wave.name, report.results)
                given = wave_json(told, self.run, self.of_waves).encode("utf-8", "surrogatepass")
                verdict = ask_command(gate, self.project.root, given, self.terminal.output, self.stopping, self.hidden)
            case CallsGate():
                verdict = self.calls(gate, wave, report)
            case ConfirmGate():
                answer = self.terminal.ask(gate.question, self.stopping)
                verdict = None if answer is None else Verdict(str(gate), answer, "" if answer else "nobody said yes")
            case _:
                assert_never(gate)
        if verdict is not None:
            said = "yes" if verdict.passed else "no"
            self.terminal.say(f"gate {gate}: {said}{verdict.note and f': {verdict.note}'}")
        return verdict

    def hidden(self, text: str) -> str:
        """What a gate's command writes, without the project's secrets, which it may have from the environment."""
        secrets = {secret for account in self.project.desired.accounts.values() for secret in account.project_secrets}
        return without_secrets(text, secrets)

    def calls(self, gate: CallsGate, wave: Wave, report: Report) -> Verdict | None:
        """Waits until the gate's window after the wave is over, and compares it with the one before."""
        sites = self.sites(wave, report)
        began, carried_out = self.when(wave)
        left = carried_out + gate.window - time.time()
        if sites and left > 0:
            self.terminal.say(f"gate {gate}: waiting {span(max(round(left), 1))} for calls")
            self.stopping.wait(left)
            if self.stopping.is_set():
                return None
        try:
            before = self.missed(sites, began - gate.window, began)
            after = self.missed(sites, carried_out, carried_out + gate.window)
        except ProviderError as error:
            return Verdict(str(gate), passed=False, note=f"the calls can't be read: {error}")
        return judge_calls(gate, before, after)

    def missed(self, sites: Sequence[Live], since: float, until: float) -> Missed:
        """The calls of some sites within a time, in Unix time."""
        return Missed(*finished_and_missed(self.providers, sites, _at(since), _at(until)))

    def sites(self, wave: Wave, report: Report) -> tuple[Live, ...]:
        """The sites that a wave has created or updated, also in earlier runs."""
        done = [
            Live(change.address, result.id, (), self.owner(change))
            for change, result in zip(wave.changes, report.results, strict=True)
            if _is_there(change, result) and result.id is not None
        ]
        return (*self.before(wave).sites, *done)

    def owner(self, change: Change) -> int | None:
        """The id of the client that a site belongs to, which this run may have created."""
        return change.owner if change.client is None else self.owners.get(change.client, change.owner)

    def when(self, wave: Wave) -> tuple[float, float]:
        """When a wave began and was carried out, in Unix time, also where that was in an earlier run."""
        now = time.time()
        earlier = self.before(wave)
        began, carried_out = self.times.get(wave.number, (None, None))
        return earlier.began or began or now, carried_out or earlier.carried_out or now

    def before(self, wave: Wave) -> Earlier:
        """What earlier runs did of a wave."""
        return self.earlier.get(wave.number, Earlier())


def _is_there(change: Change, result: Result) -> bool:
    done = result.outcome is Outcome.DONE and change.action is not Action.DELETE
    return done and change.address.kind == "site"


def _changes(wave: Wave) -> str:
    return count(len(wave.changes), "change")


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
