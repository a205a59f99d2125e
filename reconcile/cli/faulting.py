"""Faults of the emulator, as the command line has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from reconcile.errors import UsageError

if TYPE_CHECKING:
    from reconcile.emulator import Fault, Strikes


def read_faults(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[Fault, ...]:
    """`NAME[=RATE]`, each once; several may stand between commas."""
    faults: dict[str, Fault] = {}
    for text in (part.strip() for value in values for part in value.split(",") if part.strip()):
        name = text.partition("=")[0].strip()
        if name in faults:
            raise click.BadParameter(f"fault {name} is given twice", ctx, param)
        faults[name] = _read(text, ctx, param)
    return tuple(faults.values())


def _read(text: str, ctx: click.Context, param: click.Parameter) -> Fault:
    from reconcile.emulator.faults import Fault, fault_kind

    name, said, rate = (part.strip() for part in text.partition("="))
    try:
        fault_kind(name)
    except ValueError as error:
        raise click.BadParameter(f"{error} (--list-faults names them all)", ctx, param) from None
    try:
        number = float(rate) if said else Fault(name).rate
    except ValueError:
        raise click.BadParameter(f'fault {name}: the rate is "{rate}", expected 0 to 1', ctx, param) from None
    try:
        return Fault(name, number)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def with_seconds(faults: tuple[Fault, ...], seconds: Mapping[str, tuple[str, float | None]]) -> tuple[Fault, ...]:
    """The faults with the seconds of options: those by the fault's name. Raises `UsageError` for one that is not on."""
    for name, (option, said) in seconds.items():
        if said is not None and all(fault.name != name for fault in faults):
            raise UsageError(f"{option} {said:g}: the fault it belongs to is not on; add --fault {name}")
    return tuple(replace(fault, seconds=seconds.get(fault.name, ("", None))[1]) for fault in faults)


def list_faults(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    """Names every fault, and exits."""
    if not wanted or ctx.resilient_parsing:
        return
    from reconcile.emulator import FAULTS

    width = max(map(len, FAULTS))
    for name, kind in FAULTS.items():
        click.echo(f"{name:<{width}}  {kind.description}")
    ctx.exit()


def told(strikes: Strikes) -> str:
    """How often each fault struck."""
    counts = strikes.counts
    if not counts:
        return "No fault struck."
    width, digits = max(map(len, counts)), len(str(max(counts.values())))
    return "\n".join(["Faults that struck:", *(f"  {name:<{width}}  {n:>{digits}}" for name, n in counts.items())])
