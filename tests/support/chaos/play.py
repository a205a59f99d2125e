"""Plays a schedule: runs under faults, then without, and what has to be true all along and in the end."""

from __future__ import annotations

import random
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from chaos.judge import expected, same, wrong
from chaos.schedules import FIELDS, Run, Schedule
from chaos.world import SITE, UID, Ended, Site, World, Zygote, flat, plain
from reconcile.emulator import Moment, Phase, Strike
from reconcile.store import open_store
from reconcile.store.records import Status

#: The exit codes that a command may end with (design, section 4), unless a signal ends it. 64: which of two sites?
CODES = {"plan": {0, 1}, "apply": {0, 1, 4, 5}, "call": {0, 1, 5, 64}, "transfer": {0, 1, 5}, "history": {0}}
#: How many runs under faults, and then without, an apply may take.
UNDER_FAULTS, WITHOUT = 3, 3

WIRE_TYPES = {".".join(field.wire): field.type.name for field in FIELDS.values()}


class Wrong(AssertionError):
    """What a schedule has found."""


@dataclass
class Figures:
    """What happened; they add up over schedules."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, other: Figures) -> Self:
        self.counts += other.counts
        self.faults += other.faults
        return self


def play(schedule: Schedule, zygote: Zygote) -> Figures:
    """Plays a schedule in a folder of its own. Raises `Wrong`."""
    memory = Path("/dev/shm")  # where there is one: a disk takes its time for every commit
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=memory if memory.is_dir() else None) as folder:
        world = World(Path(folder), zygote, schedule.update_method, schedule.encoding, schedule.prune)
        with world:
            player = Player(schedule, world)
            try:
                player.play()
            except Exception as error:
                strikes = "\n".join(f"  {strike}" for strike in world.emulator.strikes.all)
                asked = "\n".join(f"  {line}" for line in world.requests)
                project = (world.project / "reconcile.yaml").read_text(encoding="utf-8")
                raise Wrong(
                    f"{error!r}\n{schedule}\nproject:\n{project}\nstrikes:\n{strikes}\nrequests:\n{asked}\n"
                    f"to repeat: make chaos SEED={schedule.seed} N=1\n{type(error).__name__}: {error}"
                ) from error
            return player.figures()


class Player:
    def __init__(self, schedule: Schedule, world: World) -> None:
        self.schedule = schedule
        self.world = world
        self.dice = random.Random(schedule.seed)
        self.version = schedule.versions[0]
        self.counts: Counter[str] = Counter()
        self.wrongs: list[str] = []  # found in the server's thread, raised in ours
        self.before: dict[int, Site] = {}  # what was stored as the write under way arrived
        self.asked: dict[str, tuple[str, Ended]] = {}  # phones and amounts that were asked for once
        self.late: Site | None = None  # what somebody changes while the next plan is applied
        self.came, self.lists, self.others = False, 0, 0
        self.saved_plan = False  # whether the command that runs applies one
        self.reported: dict[str, dict[str, int]] = {}  # the summaries of reports, by the names of their runs
        world.watch = self.watch

    def check(self, holds: bool, what: str) -> None:
        if not holds:
            raise Wrong(what)

    # --- the story ----------------------------------------------------------------------------------------------------

    def play(self) -> None:
        schedule, world, emulator = self.schedule, self.world, self.world.emulator
        emulator.set_personalities(schedule.personalities)
        emulator.set_profile(UID, balance=10**7)
        self.populate()
        if schedule.applied_before:
            world.declare(self.version, patient=True)
            self.apply_until_done("before")
        self.undeclared = {site.id: site for site in world.sites().values() if not self.ever_declared(site.address)}
        world.faults(schedule.faults, schedule.seed)
        for number, run in enumerate(schedule.runs):
            self.version = schedule.versions[run.version]
            world.declare(self.version)
            self.run(number, run)
        self.version = schedule.versions[-1]
        world.declare(self.version)
        for _ in range(UNDER_FAULTS):
            if self.apply().code == 0:
                break
        world.faults((), 0)
        self.heal()
        world.declare(self.version, patient=True)
        self.apply_until_done("after")
        self.judge()

    def populate(self) -> None:
        emulator = self.world.emulator
        owners = {owner for _, owner, _ in self.schedule.before} - {None}
        known = {email: emulator.put_client(UID, email) for email in sorted(filter(None, owners))}
        for _, owner, sections in self.schedule.before:
            emulator.put_site(UID, sections, known.get(owner or ""))

    def run(self, number: int, run: Run) -> None:
        match run.command:
            case "apply":
                self.apply("--parallelism", str(run.parallelism), run=run)
            case "saved":
                self.saved(run)
            case "call":
                phone = f"+7916{number:03}{self.dice.randint(1000, 9999)}"
                address = self.dice.choice([*self.version.sites])
                self.asked[phone] = ("call", self.ran("call", address, phone, "--yes", run=run))
            case "transfer":
                amount = f"{self.dice.randint(1, 90)}.{number:02}"
                email = self.dice.choice([*self.version.clients.values(), "nobody@example.com"])
                self.asked[amount] = (
                    "payment",
                    self.ran("transfer", email, amount, "--type", "main", "--yes", run=run),
                )

    def saved(self, run: Run) -> None:
        """A plan that is saved, something that somebody does then, and the plan applied."""
        planned = self.ran("plan", "-o", "plan.json", "--format", "json")
        if planned.code != 0:
            return
        changes = planned.json["changes"]
        touched = self.intrude(run.intruder, changes)
        self.late = self.victim(changes) if run.intruder == "late" else None
        ended = self.apply("plan.json", "--parallelism", str(run.parallelism), run=run)
        self.check_late()
        if ended.code in (0, 5):
            self.check(not touched or not changes, f"a stale plan was applied, after {touched}")
        if ended.code in (0, 5, 130) and ended.stdout.startswith("{"):
            reported = [(one["address"], one["action"]) for one in ended.json.get("outcomes", ())]
            wanted = [(one["address"], one["action"]) for one in changes]
            self.check(sorted(reported) == sorted(wanted), f"the report is not about its plan: {reported}, {wanted}")

    def intrude(self, what: str, changes: list[Any]) -> str:
        """Somebody else's work between plan and apply; gives what it was, where it concerns the plan."""
        emulator = self.world.emulator
        if what == "undeclared":
            for site in self.world.sites().values():
                value = f"touched {self.dice.random()}"
                emulator.change_site(site.id, {"site.partner_note": value})
                self.keep_up(site.id, "site.partner_note", value)
            return ""
        live = self.victim(changes) if what in ("changed", "deleted") else None
        if live is None:
            return ""
        if what == "deleted":
            emulator.drop_site(live.id)
            return f"site {live.id} was deleted"
        emulator.change_site(live.id, {"managers": self.theirs()})
        return f"the managers of site {live.id} were changed"

    def theirs(self) -> list[dict[str, str]]:
        """What somebody else makes of a site's managers; never the same twice."""
        self.others += 1
        return [{"phone": f"+7495999{self.others:04}", "name": "Чужой", "region": ""}]

    def victim(self, changes: list[Any]) -> Site | None:
        """One of the sites that a plan updates, if there is any."""
        updates = [change["id"] for change in changes if change["kind"] == "site" and change["action"] == "update"]
        return self.world.sites().get(self.dice.choice(updates)) if updates else None

    def come_late(self, moment: Moment) -> None:
        """Somebody changes a site when its list is read a second time: what is sent after that has to know of it."""
        self.lists += moment.method == "GET" and moment.path == "/sites" and moment.phase is Phase.ARRIVED
        if self.late is not None and not self.came and self.lists == 2:
            self.came = self.late.id in self.world.sites()
            if self.came:
                self.late.sections = {"managers": self.theirs()}
                self.world.emulator.change_site(self.late.id, self.late.sections)

    def check_late(self) -> None:
        late, self.late = self.late, None
        stored = self.world.sites().get(late.id) if late is not None and self.came else None
        if late is not None and stored is not None:
            self.counts["changed under an apply"] += 1
            kept = stored.sections["managers"] == late.sections["managers"]
            self.check(kept, f"what somebody made of site {stored.id} is overwritten")

    def apply_until_done(self, when: str) -> None:
        ended = []
        for _ in range(WITHOUT):
            ended.append(self.apply())
            if ended[-1].code == 0:
                return
        said = "\n".join(f"{one.code} {one.stdout[-1500:]} {one.stderr[-1500:]}" for one in ended)
        raise Wrong(f"no apply {when} the faults ends well: {said}")

    def apply(self, *args: str, run: Run | None = None) -> Ended:
        was = {} if run is not None and run.blow is not None else self.world.sites()
        asked = len(self.world.requests)
        yes = () if args and args[0].endswith(".json") else ("--yes",)
        ended = self.ran("apply", *args, *yes, "--format", "json", run=run)
        self.counts["applies"] += 1
        if ended.killed or not ended.stdout.startswith("{"):
            return ended
        report = ended.json
        if "outcomes" not in report:
            return ended
        outcomes, summary = report["outcomes"], report["summary"]
        if outcomes:
            self.reported[report["run"]] = summary
        counted = Counter(one["outcome"] for one in outcomes)
        self.check({n: c for n, c in summary.items() if c} == dict(counted), f"a report does not add up: {report}")
        done = summary["done"] == len(outcomes)
        code = 0 if done else 5 if summary["done"] or summary["unknown"] else 1
        self.check(ended.code in (code, 130), f"exit code {ended.code} with {summary}")
        if ended.code != 130 and was:
            self.check_created(was, outcomes, asked)
        return ended

    def check_created(self, was: dict[int, Site], outcomes: list[Any], asked: int) -> None:
        """Everything that has come into being is reported as done, or as unknown."""
        made = [site for known, site in self.world.sites().items() if known not in was | dict.fromkeys(self.meddlers())]
        told = {
            plain(one["address"].split("/", 2)[2])
            for one in outcomes
            if one["action"] == "create" and one["outcome"] in ("done", "unknown")
        }
        lost = [site.address for site in made if site.address not in told]
        self.check(not lost, f"{lost} were created, and the report does not say so: {outcomes}")

    def ran(self, *args: str, run: Run | None = None) -> Ended:
        """Runs a command, and checks what is true of every one."""
        self.came, self.lists = False, 0
        self.saved_plan = args[:2] == ("apply", "plan.json")
        ended = self.world.run(*args, blow=None if run is None else run.blow)
        self.counts["runs"] += 1
        allowed = CODES[args[0]] | ({130} if ended.blown else set())
        self.check(
            ended.code in allowed or (ended.code == -signal.SIGKILL and ended.blown), f"{args} ended with {ended}"
        )
        self.check("Traceback" not in ended.stderr, f"{args}: {ended.stderr}")
        self.check(not self.wrongs, "; ".join(self.wrongs))
        return ended

    # --- while it runs: every write, in the server's thread -----------------------------------------------------------

    def watch(self, moment: Moment) -> None:
        """Looks at what each write finds and leaves. Nothing else can come between."""
        self.come_late(moment)
        if moment.method == "GET" or moment.path.endswith(("/call", "/payments")) or "/payments/" in moment.path:
            return
        if moment.phase is Phase.ARRIVED:
            self.before = self.world.sites()
        elif moment.phase is Phase.DONE:
            self.wrongs += [f"request {moment.number}: {said}" for said in self.wrong_write(moment, self.world.sites())]

    def wrong_write(self, moment: Moment, after: dict[int, Site]) -> Iterator[str]:
        found = SITE.search(moment.path)
        if found is None:
            for site in (site for known, site in after.items() if known not in self.before):
                yield from self.wrong_create(site)
            return
        site = self.before.get(int(found[1]))
        if site is None or after.get(site.id) == site:
            return
        if site.id in after:
            yield from self.wrong_update(site, after[site.id])
        elif not self.schedule.prune or site.address in self.addresses():
            yield f"site {site.id}, {site.address}, is deleted"

    def wrong_create(self, site: Site) -> Iterator[str]:
        twins = [s.id for s in self.before.values() if (s.owner, s.address) == (site.owner, site.address)]
        if twins:
            self.counts["duplicates"] += 1
            yield f"{site.address} is created a second time, as {site.id}; {twins} are there"
        if site.address not in self.addresses():
            yield f"{site.address} is created, and nobody declares it"

    def wrong_update(self, before: Site, after: Site) -> Iterator[str]:
        declared = self.declaration(before)
        if declared is None:
            yield f"site {before.id}, {before.address}, is changed, and nobody declares it"
            return
        theirs, ours = dict(flat(before.sections)), dict(flat(after.sections))
        mine = expected(declared).keys() | {"site.url"}
        for strike in self.since_saved(before.id):
            if strike.field in mine and not alike(strike.field, strike.value, ours.get(strike.field)):
                self.counts["lost updates"] += 1
                yield f"site {before.id}: {strike.field} was changed by {strike}, and a saved plan has overwritten it"
        for path in sorted(theirs.keys() | ours.keys()):
            if path not in mine and not alike(path, theirs.get(path), ours.get(path)):
                self.counts["lost updates"] += 1
                change = f"was {theirs.get(path)!r} and is {ours.get(path)!r}"
                yield f"site {before.id}: {path}, which nobody declares, {change}"

    def since_saved(self, site: int) -> list[Strike]:
        """What others have changed of a site since a saved plan, which can't know of it, began to be applied."""
        strikes = self.world.emulator.strikes.all if self.saved_plan else ()
        return [
            strike
            for strike in strikes
            if strike.fault == "site-changed" and strike.site == site and strike.number >= self.world.first
        ]

    def addresses(self) -> set[str]:
        return {plain(address) for address in self.version.sites}

    def declaration(self, site: Site) -> Any:
        names = {}
        for address, declared in self.version.sites.items():
            names[plain(declared.get("previous_address", address))] = declared
        names |= {plain(address): declared for address, declared in self.version.sites.items()}
        return names.get(site.address)

    def ever_declared(self, address: str) -> bool:
        return any(plain(name) == address for version in self.schedule.versions for name in version.sites)

    # --- in the end ---------------------------------------------------------------------------------------------------

    def meddlers(self) -> set[int]:
        """The sites that faults have made."""
        strikes = self.world.emulator.strikes.all
        return {strike.site for strike in strikes if strike.fault == "duplicate-site" and strike.site is not None}

    def keep_up(self, site: int, path: str, value: Any) -> None:
        """Somebody else has changed a site that nobody declares."""
        if site in getattr(self, "undeclared", {}):
            level: Any = self.undeclared[site].sections
            *above, last = path.split(".")
            for name in above:
                level = level.setdefault(name, {})
            level[last] = value

    def heal(self) -> None:
        """What people do about sites that somebody made twice: they delete those, also where one was renamed since."""
        groups: dict[tuple[str | None, str], list[int]] = {}
        now = {
            plain(declared["previous_address"]): plain(address)
            for address, declared in self.version.sites.items()
            if "previous_address" in declared
        }
        for site in self.world.sites().values():
            groups.setdefault((site.owner, now.get(site.address, site.address)), []).append(site.id)
        made = self.meddlers()
        for ids in groups.values():
            for known in [known for known in sorted(ids, reverse=True) if known in made][: len(ids) - 1]:
                self.world.emulator.drop_site(known)
                self.undeclared.pop(known, None)

    def judge(self) -> None:
        emulator = self.world.emulator
        sites = self.world.sites()
        emails = {client["email"] for client in emulator.clients(UID)}
        found = list(wrong(self.version, sites, emails, emulator.profile(UID)["timezone"]))
        self.check(not found, "\n".join(found))
        self.judge_undeclared(sites)
        self.judge_sent_once()
        self.judge_history()
        last = self.world.run("plan", "--detailed-exitcode")
        self.check(last.code == 0, f"the last plan is not empty: {last.stdout} {last.stderr}")
        self.check(len(emails) == len(emulator.clients(UID)), "a client is there twice")

    def judge_undeclared(self, sites: dict[int, Site]) -> None:
        for strike in self.world.emulator.strikes.all:
            if strike.fault == "site-deleted" and strike.site is not None:
                self.undeclared.pop(strike.site, None)
            elif strike.fault == "site-changed" and strike.site is not None:
                self.keep_up(strike.site, strike.field, strike.value)
        if self.schedule.prune:
            left = {site.address for site in sites.values()} - self.addresses()
            self.check(not left, f"{left} are still there, with prune: true")
            return
        for known, site in self.undeclared.items():
            self.check(known in sites, f"site {known}, {site.address}, is gone, and nobody declared it")
            self.check(sites[known].sections == site.sections, f"site {known}, {site.address}, is not as it was")

    def judge_sent_once(self) -> None:
        emulator = self.world.emulator
        called = Counter(call["client"] for call in emulator.calls(UID))
        paid = Counter(f"{payment['amount']:.2f}" for payment in emulator.payments(UID))
        for what, (kind, ended) in self.asked.items():
            made = called[what] if kind == "call" else paid[f"{float(what):.2f}"]
            sure = {0: made == 1, 1: made == 0, 64: made == 0}
            self.check(made <= 1, f"a {kind} was made {made} times: {what}")
            self.check(
                sure.get(ended.code, True), f"a {kind} ended with {ended.code} and was made {made} times: {ended}"
            )
            self.counts[f"{kind}s asked"] += 1
            self.counts[f"{kind}s made"] += made
        total = sum(called.values()) + sum(paid.values())
        self.check(total <= len(self.asked), f"{total} calls and payments were made, {len(self.asked)} asked for")

    def judge_history(self) -> None:
        """Every run is closed, each of its steps has an outcome, and no run is missing that sent something."""
        with open_store("sqlite:///.reconcile/history.db", self.world.project) as store:
            runs = [store.run(record.name) for record in store.runs()]
        for run in runs:
            self.counts[f"history: {run.status}"] += 1
            self.check(run.status is not Status.RUNNING, f"run {run.name} was never closed")
            outcomes = Counter(step.outcome for step in run.steps)
            self.check(None not in outcomes, f"run {run.name} has steps that nobody knows of: {run.steps}")
            counted = {name: count for name, count in run.summary.items() if count}
            self.check(counted == {o.value: n for o, n in outcomes.items() if o}, f"run {run.name}: {run.summary}")
        known = {run.name: dict(run.summary) for run in runs}
        for name, said in self.reported.items():
            self.check(agree(said, known.get(name, {})), f"run {name} said {said}, its history {known.get(name)}")

    def figures(self) -> Figures:
        requests = sum(1 for line in self.world.requests if line[0].isdigit())
        more = {"schedules": 1, "requests": requests, "kills": self.world.kills}
        more |= {f"signals {name}": count for name, count in self.world.signals.items() if name != "SIGKILL"}
        return Figures(self.counts + Counter(more), Counter(self.world.emulator.strikes.counts))


def agree(said: dict[str, int], kept: dict[str, int]) -> bool:
    """Whether a report and its history tell the same.

    What became of changes that were in flight when a run was stopped at once may be in its history alone.
    """
    sure = [name for name in said if name != "unknown"]
    return sum(said.values()) == sum(kept.values()) and all(kept.get(name, 0) >= said[name] for name in sure)


def alike(path: str, theirs: Any, ours: Any) -> bool:
    """Whether two stored values mean the same: what is documented may be spelled in other words."""
    nothing = (None, "", [], {}, 0)
    if theirs == ours or (theirs in nothing and ours in nothing):
        return True
    kind = WIRE_TYPES.get(path)
    return kind is not None and theirs is not None and ours is not None and same(kind, theirs, ours)
