"""A run that is taken back leaves what was live before it, whatever it did; and taking that back brings it again."""

from __future__ import annotations

import json
import tempfile
from contextlib import nullcontext
from itertools import chain, repeat
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from random_projects import studios, write

from reconcile import resume, rollback, workflow
from reconcile.emulator import PERSONALITIES, Emulator, Options
from reconcile.model.fields import site_kind
from reconcile.planning.select import selection
from reconcile.providers.pozvonim.codec import SiteCodec
from reconcile.rollout import Rolling, Terminal, waves_of
from reconcile.runs import holding


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """A service with an account for every example: no API deletes a client."""
    accounts = {f"u{n}": "key" for n in range(400)}
    with Emulator(Options(accounts, tmp_path_factory.mktemp("studio") / "emulator.db")) as emulator:
        yield emulator, iter(accounts)


def declare(root, emulator, uid, version):
    account = {
        "provider": "pozvonim",
        "uid": uid,
        "api_key": "key",
        "base_url": emulator.url,
        "prune": True,
        "profile": version["profile"],
    }
    clients = {name: {**raw, "email": f"{uid}.{raw['email']}"} for name, raw in version["clients"].items()}
    write(root, account, version["sites"], clients=clients)


def carried_out(root, plan_of=None, back=None, **options):
    """Applies the project, or takes the run `back` back; gives the run's name."""
    project = workflow.validate(root, {})
    with holding(project.desired, root, {}, command="test") as run:
        record = None
        if back is not None:
            project, record = rollback.in_project(project, rollback.whole(run.store.rollout(back)))
        with workflow.connected(project, 4) as providers:
            if record is None:
                plan = workflow.plan(project, providers, selection(()))
            else:
                plan = rollback.plan(project, record, providers, selection(()))
            assert not plan.errors, plan.errors
            journal = run.begin(plan, project.desired)
            report = workflow.apply(
                project,
                plan,
                providers,
                run=run.name,
                parallelism=4,
                stopping=Event(),
                advance=lambda result: None,
                journal=journal,
            )
            report = journal.finish(report)
    assert [result for result in report.results if result.outcome != "done"] == []
    return run.name, plan


def live(emulator, uid, kind):
    """The values of all live sites, by their owners and addresses, and the time zone."""
    codec = SiteCodec(kind)
    sites = {}
    for client in (None, *sorted(client["id"] for client in emulator.clients(uid))):
        for raw in emulator.sites(uid, client):
            site = codec.decode("studio", raw, client)
            url = kind.index("url")
            values = dict(zip([field.path for field in kind.fields], site.values, strict=True))
            assert (client, site.address.name) not in sites, "twice"
            sites[client, site.address.name] = values | {"url": str(site.values[url])}
    return sites, emulator.profile(uid)["timezone"]


def different(one, other):
    """What differs of two answers of `live`, in short."""
    (sites, zone), (others, other_zone) = one, other
    found = {} if zone == other_zone else {"timezone": (zone, other_zone)}
    for key in sites.keys() | others.keys():
        mine, theirs = sites.get(key), others.get(key)
        if mine is None or theirs is None:
            found[key] = "is gone" if theirs is None else "has come"
        elif mine != theirs:
            found[key] = {path: (mine[path], theirs[path]) for path in mine if mine[path] != theirs[path]}
    return found


@st.composite
def histories(draw):
    """Two versions of a studio: sites change, come, go, and are renamed."""
    before, after = draw(studios())
    names = sorted(before["sites"])
    for version in (before, after):
        kept = draw(st.sets(st.sampled_from(names), min_size=1))
        version["sites"] = {name: site for name, site in version["sites"].items() if name in kept}
    gone = sorted(before["sites"].keys() - after["sites"].keys())
    if gone and draw(st.booleans()):
        old = draw(st.sampled_from(gone))
        site = {key: value for key, value in before["sites"][old].items() if key != "url"}
        after["sites"]["renamed.example"] = {**site, "previous_address": old, "report_period": 77}
    return before, after


def raw_kind(version):
    """The kind of sites with every undocumented field that a version names."""
    keys = set()
    for site in version["sites"].values():
        lists = [name for entry in site.get("blacklists", ()) for name in entry.get("raw") or ()]
        keys |= {("raw", name) for name in site.get("raw") or ()}
        keys |= {("widget", "raw", name) for name in site.get("widget", {}).get("raw") or ()}
        keys |= {("blacklists", "raw", name) for name in lists}
    return site_kind(tuple(sorted(keys)))


PHONE = [{"phone": "+74951234567"}]


@settings(
    deadline=None, max_examples=6, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(histories(), st.sets(st.sampled_from(list(PERSONALITIES))).map(sorted))
@example(  # a blank that the second version does not mention, and an update takes away
    tuple(
        {"clients": {}, "profile": None, "sites": {"acme.ru": {"managers": PHONE, **more}}}
        for more in ({"widget": {"tracking_yandex_target": ""}}, {"report_period": 77})
    ),
    [],
)
def test_what_was_live_before_a_run_is_live_again(studio, versions, names):
    emulator, uids = studio
    uid = next(uids)
    emulator.set_personalities(sorted({*names, "undocumented-accepted"}))
    kind = raw_kind(versions[1])  # of what nobody documents, a run knows no more than its project names
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        declare(root, emulator, uid, versions[0])
        carried_out(root)
        before = live(emulator, uid, kind)
        declare(root, emulator, uid, versions[1])
        run, _ = carried_out(root)
        after = live(emulator, uid, kind)

        back, _ = carried_out(root, back=run)

        assert different(before, live(emulator, uid, kind)) == {}
        assert carried_out(root, back=run)[1].changes == ()
        carried_out(root, back=back)
        assert different(after, live(emulator, uid, kind)) == {}


def rolled_out(root, answers, first=None):
    """Applies the project in waves, or goes on with the rollout of the run `first`; gives the run's name and report.

    `answers` are what the gate says, one after the other.
    """
    project = workflow.validate(root, {})
    with holding(project.desired, root, {}, command="test") as run, workflow.connected(project, 4) as providers:
        if first is None:
            plan = workflow.plan(project, providers, selection(()))
            waves = waves_of(project, plan, allow_empty=True)
            of_waves, earlier = len(waves), resume.Earlier()
        else:
            left = resume.left(project, run.store.rollout(first), providers)
            plan, waves, of_waves, earlier = left.plan, left.waves, left.of_waves, left.earlier
        if not plan.changes:
            return run.name, None
        journal = run.begin(plan, project.desired, waves, first)
        terminal = Terminal(
            lambda wave: nullcontext(lambda result: None),
            lambda text: None,
            lambda line: None,
            lambda question, stopping: next(answers),
        )
        rolling = Rolling(
            project,
            project.desired.rollout,
            providers,
            run.name,
            of_waves,
            terminal,
            Event(),
            4,
            journal,
            plan,
            earlier,
        )
        return run.name, journal.finish(rolling.roll_out(waves))


SIZES = st.lists(st.sampled_from([1, 2, "20%", "50%", "*a*", "*"]), max_size=3, unique=True).map(
    lambda sizes: (
        sorted(s for s in sizes if isinstance(s, int))
        + sorted(s for s in sizes if isinstance(s, str) and s.endswith("%"))
        + sorted(s for s in sizes if isinstance(s, str) and not s.endswith("%"))
    )
)


@settings(
    deadline=None, max_examples=6, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(histories(), SIZES, st.lists(st.booleans(), max_size=6))
def test_a_rollout_that_stops_anywhere_goes_on_to_the_end_and_is_undone_whole(studio, versions, sizes, answers):
    emulator, uids = studio
    uid = next(uids)
    emulator.set_personalities(["undocumented-accepted"])
    kind = raw_kind(versions[1])
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        declare(root, emulator, uid, versions[0])
        carried_out(root)
        before = live(emulator, uid, kind)
        declare(root, emulator, uid, versions[1])
        rollout = {"waves": [*sizes, "100%"], "gates": [{"confirm": True}]}
        (root / "rollout.yaml").write_text(json.dumps({"rollout": rollout}), encoding="utf-8")
        says = chain(answers, repeat(True))

        first, report = rolled_out(root, says)
        planned = 0 if report is None else len(report.results)
        done = [] if report is None else [result for result in report.results if result.outcome == "done"]
        while report is not None and report.over is not None:
            _, report = rolled_out(root, says, first)
            done += [] if report is None else [result for result in report.results if result.outcome == "done"]

        assert len(done) == planned  # each change once
        with workflow.connected(workflow.validate(root, {}), 4) as providers:
            assert workflow.plan(workflow.validate(root, {}), providers, selection(())).changes == ()
        if planned:
            carried_out(root, back=first)
            assert different(before, live(emulator, uid, kind)) == {}
