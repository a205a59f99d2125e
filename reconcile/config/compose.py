"""From checked documents to a desired state: accounts, then profiles and clients, then sites."""

from __future__ import annotations

from reconcile.config import settings
from reconcile.config.accounts import Accounts, Services
from reconcile.config.layers import Layers
from reconcile.config.places import Fault
from reconcile.config.sections import Sections
from reconcile.config.sites import Sites
from reconcile.config.studio import Studio
from reconcile.config.undocumented import undocumented
from reconcile.model.fields import kinds
from reconcile.model.state import DesiredState


def compose(sections: Sections, services: Services) -> tuple[DesiredState, list[Fault]]:
    """The desired state, and all that is wrong with references, values and addresses."""
    faults: list[Fault] = []
    known = kinds(undocumented(sections))
    accounts = Accounts(sections, services, faults)
    accounts.make()
    layers = Layers(sections, known["site"], faults)
    layers.check_shared()
    studio = Studio(sections, known, faults, layers, accounts)
    profiles, clients = studio.profiles(), studio.clients()
    sites = Sites(sections, known["site"], faults, layers, accounts, clients).sites()
    if not sections.names["accounts"] and sections.named["sites"]:
        first = next(iter(sections.named["sites"].values()))
        faults.append(Fault(first.place, "no file declares an account; sites need one under `accounts:`"))
    state = DesiredState(
        accounts.accounts,
        accounts.service_of,
        known,
        settings.safety(sections.safety.raw or {}),
        tuple(sites),
        tuple(clients.values()),
        profiles,
        settings.store(sections.store.raw),
    )
    return state, faults
