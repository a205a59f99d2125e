"""kill -9 at every boundary of every request of one plan that does everything there is; the next run does the rest."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import pytest
from chaos.judge import wrong
from chaos.schedules import Blow, Version
from chaos.world import UID, Site, World

from reconcile.emulator import Fault, Moment, Phase

pytestmark = pytest.mark.long

#: So many requests the whole apply takes, on one connection; the first test says whether that is still so.
REQUESTS = 25
#: The calls among them that change something, in order; the site of a new client comes with the client.
WRITES = [
    "POST /profile",
    "PUT /sites/2",
    "PUT /sites/3",
    "PUT /sites/1",
    "POST /contributors/sites",
    "POST /contributors",
    "POST /sites",
    "POST /contributors/5002/sites",
    "POST /contributors/5002/sites",
    "POST /sites",
    "DELETE /sites/4",
    "DELETE /sites/5",
]

MANAGERS = {"managers": [{"phone": "+74951234567", "name": "Анна"}]}
DECLARED = Version(
    {
        "acme.ru": {**MANAGERS, "report_period": 60, "widget": {"call_time": 35}},
        "окна-мастер.рф": {**MANAGERS, "previous_address": "окна.рф"},
        "beta.ru": {**MANAGERS, "blacklists": [{"ip": ["203.0.113.7"]}]},
        "new.ru": dict(MANAGERS),
        "цветы.рф": dict(MANAGERS),
        "owner.ru": {**MANAGERS, "client": "acme"},
        "shop.ru": {**MANAGERS, "client": "shop"},
        "shop.ru/moscow": {**MANAGERS, "client": "shop"},
    },
    {"acme": "owner@acme.ru", "shop": "owner@shop.ru"},
    "Asia/Omsk",
)


class Writes:
    """Looks at each write: what is created, and whether it was there."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.made: Counter[tuple[str | None, str]] = Counter()
        self.done: list[str] = []
        self.before: dict[int, Site] = {}
        world.watch = self.watch

    def watch(self, moment: Moment) -> None:
        if moment.method == "GET":
            return
        if moment.phase is Phase.ARRIVED:
            self.before = self.world.sites()
        elif moment.phase is Phase.DONE:
            self.done.append(f"{moment.method} {moment.path}")
            now = self.world.sites()
            self.made.update((site.owner, site.address) for known, site in now.items() if known not in self.before)


@pytest.fixture
def world(tmp_path: Path, zygote):
    """An account as it is before the plan: sites to be changed, renamed and deleted."""
    with World(tmp_path, zygote, prune=True) as world:
        for address in ("окна.рф", "acme.ru", "beta.ru", "old.ru", "старый.рф"):
            sections = {"site": {"url": address, "note": "ours"}, "managers": [{"phone": "+74950000000"}]}
            world.emulator.put_site(UID, sections)
        world.declare(DECLARED, patient=True)
        yield world


def applied(world: World, blow: Blow | None = None) -> tuple[int, Writes]:
    """One apply, on one connection, and what it wrote."""
    writes = Writes(world)
    ended = world.run("apply", "--yes", "--parallelism", "1", blow=blow)
    assert "Traceback" not in ended.stderr
    return ended.code, writes


def is_right(world: World) -> None:
    emails = [client["email"] for client in world.emulator.clients(UID)]
    sites = world.sites()
    assert list(wrong(DECLARED, sites, set(emails), world.emulator.profile(UID)["timezone"])) == []
    assert (len(sites), emails) == (len(DECLARED.sites), ["owner@acme.ru", "owner@shop.ru"])
    assert {sites[known].sections["site"]["note"] for known in (1, 2, 3)} == {"ours"}


def test_the_whole_plan(world):
    code, writes = applied(world)

    assert code == 0
    assert writes.done == WRITES
    assert len([line for line in world.requests if line[0].isdigit()]) == REQUESTS
    is_right(world)


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("request_", range(1, REQUESTS + 1))
def test_a_run_that_is_killed_there_is_put_right_by_the_next(world, request_, phase):
    code, killed = applied(world, Blow(signal.SIGKILL, request_, phase))
    assert code == -signal.SIGKILL or (request_, phase) == (REQUESTS, Phase.ANSWERED)

    code, writes = applied(world)

    assert code == 0
    is_right(world)
    assert max((killed.made + writes.made).values()) == 1
    again, nothing = applied(world)
    assert (again, nothing.done) == (0, [])
    assert world.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("write", ["POST /contributors/sites", "POST /contributors/5002/sites", "POST /sites"])
def test_what_a_killed_run_has_created_is_not_created_again_though_the_lists_miss_it(world, write):
    world.declare(DECLARED)
    world.emulator.set_faults((Fault("lagging-list", 1.0, seconds=1.5),), 1)
    code, killed = applied(world, Blow(signal.SIGKILL, 1, Phase.DONE, of=write))
    assert code == -signal.SIGKILL

    made = killed.made
    for _ in range(4):  # the first ones may say that they have to wait for the lists
        code, writes = applied(world)
        made += writes.made
        if code == 0:
            break

    assert code == 0
    is_right(world)
    assert max(made.values()) == 1
