"""`reconcile emulator`."""

from __future__ import annotations

import errno
import gc
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconcile.cli.common import Command, Settings
from reconcile.cli.faulting import list_faults, read_faults, told, with_seconds
from reconcile.errors import ReconcileError, UsageError
from reconcile.private import private_folder

if TYPE_CHECKING:
    from reconcile.emulator import Emulator, Fault, Options


def _accounts(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Keys by uid, or by client id."""
    keys: dict[str, str] = {}
    for text in values:
        uid, _, key = text.partition(":")
        if not uid.strip() or not key.strip():
            raise click.BadParameter(f"expected {param.metavar} such as demo:demo-key", ctx, param)  # it may be a key
        if uid in keys:
            raise click.BadParameter(f'account "{uid}" is given twice', ctx, param)
        keys[uid] = key
    return keys


def _websites(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    """A user's id, a website's name and its title, of each."""
    made = []
    for text in values:
        uid, _, website = text.partition(":")
        name, _, title = website.partition("=")
        if not uid.strip() or not name.strip():
            raise click.BadParameter(
                f'expected {param.metavar} such as demo:acme.ru or demo:acme.ru=Acme, got "{text}"', ctx, param
            )
        made.append((uid.strip(), name.strip(), title.strip()))
    return tuple(made)


def _personalities(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Names of personalities, each once."""
    names = tuple(dict.fromkeys(name.strip() for text in values for name in text.split(",") if name.strip()))
    if names:
        from reconcile.emulator.personalities import personality

        for name in names:
            try:
                personality(name)
            except ValueError as error:
                raise click.BadParameter(f"{error} (--list-personalities names them all)", ctx, param) from None
    return names


def _list_personalities(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from reconcile.emulator import PERSONALITIES

    width = max(map(len, PERSONALITIES))
    for name, personality in PERSONALITIES.items():
        click.echo(f"{name:<{width}}  {personality.description}")
    ctx.exit()


@click.command(cls=Command)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    metavar="PORT",
    help="Where it listens; 0: any free port.",
)
@click.option(
    "--db",
    "database",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where sites are kept, in SQLite.  [default: .reconcile/emulator.db, which `base_url: emulator` uses, too]",
)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    default=["demo:demo-key"],
    show_default=True,
    metavar="UID:KEY",
    callback=_accounts,
    help="An account of Pozvonim and the API key that it begins with. May be repeated.",
)
@click.option(
    "--chaser-account",
    "chaser_accounts",
    multiple=True,
    default=["demo:demo-key"],
    show_default=True,
    metavar="ID:KEY",
    callback=_accounts,
    help="A user of Chaser and its private key. May be repeated.",
)
@click.option(
    "--website",
    "websites",
    multiple=True,
    metavar="ID:NAME[=TITLE]",
    callback=_websites,
    help="A website that a user of Chaser has made in the dashboard; one of this name that is there already gets this "
    "title. Kept in FILE. May be repeated.",
)
@click.option(
    "--history",
    "history_days",
    type=click.IntRange(0, 3660),
    default=0,
    show_default=True,
    metavar="DAYS",
    help="A new site comes with the calls of so many days.",
)
@click.option(
    "--personality",
    "personalities",
    multiple=True,
    metavar="NAME[,NAME...]",
    callback=_personalities,
    help="A way of spelling answers that the service may have. May be repeated.",
)
@click.option(
    "--latency",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="Time that every answer takes.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME[=RATE],...",
    callback=read_faults,
    help="A fault, and at which part of the requests it strikes, from 0 to 1.  [default rate: 0.1] May be repeated.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    metavar="N",
    help="Decides when faults strike: the same seed and the same requests have the same faults.",
)
@click.option(
    "--slow",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How late the answers of the fault slow are.  [default: 90]",
)
@click.option(
    "--lag",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long lists miss what is new with the fault lagging-list.  [default: 2]",
)
@click.option(
    "--update-method",
    type=click.Choice(["PUT", "POST", "PATCH"]),
    default="PUT",
    show_default=True,
    help="The verb of an update.",
)
@click.option(
    "--list-personalities",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_personalities,
    help="Name every personality, and exit.",
)
@click.option(
    "--list-faults",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=list_faults,
    help="Name every fault, and exit.",
)
@click.pass_obj
def command(
    settings: Settings,
    port: int,
    database: Path | None,
    accounts: Mapping[str, str],
    chaser_accounts: Mapping[str, str],
    websites: tuple[tuple[str, str, str], ...],
    history_days: int,
    personalities: tuple[str, ...],
    latency: float,
    faults: tuple[Fault, ...],
    seed: int,
    slow: float | None,
    lag: float | None,
    update_method: str,
) -> None:
    """Run the services locally: real HTTP over SQLite, as strict as they are documented. Ctrl-C ends it.

    With --fault they fail their clients, in ways that depend on nothing but the seed and the requests; at the end it
    says how often.

    \b
    Examples:
      reconcile emulator
      reconcile emulator --port 0 --account 100:secret --personality numbers-as-strings,phones-bare
      reconcile emulator --website demo:acme.ru="Окна «Акме»" --history 14
      reconcile emulator --fault reset-after=0.2,429 --fault slow=0.05 --slow 70 --seed 7
    """
    from reconcile.emulator import Options

    for uid, name, _ in websites:
        if uid not in chaser_accounts:
            raise UsageError(f'--website {uid}:{name}: there is no user "{uid}"; add --chaser-account {uid}:KEY')

    faults = with_seconds(faults, {"slow": ("--slow", slow), "lagging-list": ("--lag", lag)})
    if database is None:
        database = private_folder(settings.root) / "emulator.db"
    options = Options(
        accounts,
        database,
        port=port,
        personalities=personalities,
        latency=latency,
        update_method=update_method,
        chaser_accounts=chaser_accounts,
        history_days=history_days,
        faults=faults,
        seed=seed,
    )
    emulator = _started(options)
    try:
        for website in websites:
            emulator.declare_website(*website)
        click.echo(_greeting(emulator, options))
    except BaseException:
        emulator.stop()
        raise
    gc.enable()
    emulator.serve_forever()
    if faults:
        click.echo(told(emulator.strikes))
    click.echo("stopped", err=True)


def _started(options: Options) -> Emulator:
    """A running emulator. Raises `ReconcileError` where its port or its database can't be had."""
    from reconcile.emulator import Emulator

    try:
        emulator = Emulator(options)
        emulator.start()
    except OSError as error:
        if error.filename is not None:
            raise
        known = {errno.EADDRINUSE: "is in use by another program", errno.EACCES: "may not be used by this user"}
        why = known.get(error.errno or 0, f"can't be used: {error.strerror}")
        raise ReconcileError(f"port {options.port} {why}; choose another with --port, or 0 for any free one") from None
    return emulator


def _greeting(emulator: Emulator, options: Options) -> str:
    """What a project needs to use the emulator, as YAML that can be pasted: the keys that the accounts have by now."""
    lines = [f"The emulator answers at {emulator.url}. Ctrl-C ends it. In a project:", "", "accounts:"]
    own = {uid: emulator.profile(uid)["api_key"] for uid in options.accounts}
    for provider, name, keys in (
        ("pozvonim", "emulated", own),
        ("chaser", "emulated_chaser", options.chaser_accounts),
    ):
        for number, (uid, key) in enumerate(keys.items(), start=1):
            lines += [
                f"  {name}{number if number > 1 else ''}:",
                f"    provider: {provider}",
                f"    base_url: {emulator.url_of(provider)}",
                f"    uid: {_yaml(uid)}",
                f"    api_key: {_yaml(key)}",
            ]
    return "\n".join(lines)


def _yaml(text: str) -> str:
    """A text as YAML, quoted: what looks like a number is to stay the text that it is."""
    import json

    return json.dumps(text, ensure_ascii=False)
