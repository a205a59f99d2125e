"""From checked documents to a desired state: accounts, then profiles and clients, then sites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from reconcile.config import settings
from reconcile.config.accounts import Accounts, Services
from reconcile.config.each import Each
from reconcile.config.groups import Groups
from reconcile.config.identities import check_identities
from reconcile.config.layers import Layers
from reconcile.config.places import Fault, Keys, Written
from reconcile.config.sections import Sections
from reconcile.config.sites import Sites
from reconcile.config.studio import Studio
from reconcile.config.tables import Tables
from reconcile.config.undocumented import undocumented
from reconcile.model.fields import Kinds, client_kind, kinds
from reconcile.model.resource import Desired
from reconcile.model.state import Account, Below, DesiredState, Shared

if TYPE_CHECKING:
    from reconcile.model.policy import Policy
    from reconcile.model.rollout import Rollout


def compose(
    sections: Sections,
    services: Services,
    tables: Tables,
    each: Mapping[tuple[str, Keys], Each],
    written: Written,
    *,
    whole: bool,
) -> tuple[DesiredState, Groups, list[Fault]]:
    """The desired state, where sites of groups come from, and all that is wrong with references, values and addresses.

    `each` are the texts of site groups that wait for the rows of `tables`; `written` is what stood where `${…}` was
    replaced. Unless the documents are `whole`, sites may be missing, and nothing is said of labels that none has.
    """
    faults: list[Fault] = []
    known = kinds(undocumented(sections))
    accounts = Accounts(sections, services, faults, written)
    accounts.make()
    layers = Layers(sections, known["site"], faults)
    layers.check_shared()
    studio = Studio(sections, known, faults, layers, accounts)
    profiles, clients = studio.profiles(), studio.clients()
    reachable = _with_secrets(accounts.accounts, clients.values())
    if whole and not faults and (sections.named["sites"] or sections.named["site_groups"]):
        services.begin(reachable, known)
    sites = Sites(sections, known["site"], faults, layers, accounts, clients)
    groups = Groups(sites, tables, each)
    made = sites.sites()
    made += groups.sites(len(made))
    faults += check_identities(made, known["site"].index("url"), groups.place_of)
    first = next(chain(*(sections.named[section].values() for section in ("sites", "site_groups"))), None)
    if not sections.names["accounts"] and first is not None:
        faults.append(Fault(first.place, "no file declares an account; sites need one under `accounts:`"))
    whole = whole and is_whole([*faults, *tables.faults])
    state = DesiredState(
        reachable,
        accounts.service_of,
        known,
        settings.safety(sections.safety.raw or {}),
        tuple(made),
        tuple(clients.values()),
        profiles,
        settings.store(sections.store.raw),
        sections.names,
        _below(sites),
        _rollout(sections, accounts, faults),
        _shared(layers),
        _policies(sections, known, services, made if whole else (), written, faults),
    )
    if whole and state.rollout is not None:
        from reconcile.config.rollout import wrong_selections

        faults += wrong_selections(sections.rollout, state, services.wrong_selection)
    return state, groups, faults


def is_whole(faults: Iterable[Fault]) -> bool:
    """Whether nothing is wrong that sites or their labels may be missing for: what only asks for them may be."""
    return all(fault.place.keys[:1] in (("policies",), ("rollout",)) for fault in faults)


def _rollout(sections: Sections, accounts: Accounts, faults: list[Fault]) -> Rollout | None:
    """In which waves to apply, if in any; as with policies, who has none does not pay."""
    if not sections.rollout.raw:
        return None
    from reconcile.config.rollout import rollout

    return rollout(sections.rollout, accounts.service_of, faults)


def _policies(
    sections: Sections,
    known: Kinds,
    services: Services,
    sites: Iterable[Desired],
    written: Written,
    faults: list[Fault],
) -> tuple[Policy, ...]:
    """The policies; a project that has none does not pay for their language."""
    if not sections.named["policies"]:
        return ()
    from reconcile.config.policies import policies

    kept = {name: service.sections for name in services.names() if (service := services.find(name)) is not None}
    return policies(sections.named["policies"], known, _given(sections, services, sites), kept, written, faults)


def _given(sections: Sections, services: Services, sites: Iterable[Desired]) -> dict[str, Collection[str]]:
    """The names that policies may ask for, by their variables."""
    shared = {"widgets": "widget", "schedules": "schedule", "managers": "manager", "blacklists": "blacklist"}
    return {
        "labels": {label for site in sites for label in site.member.labels},
        "account": sections.names["accounts"],
        "client": sections.names["clients"],
        "group": sections.names["site_groups"],
        "uses": [f"{kind}/{name}" for section, kind in shared.items() for name in sections.names[section]],
        "provider": services.names(),
    }


def _below(sites: Sites) -> Below | None:
    """What lies under every site; None where no file has `defaults`."""
    shared = sites.shared
    if not shared.place.file:
        return None
    return Below(tuple(sites.base), shared.raw.get("account"), shared.raw.get("client"))


def _shared(layers: Layers) -> Shared:
    """What has a name; `Layers.check_shared` has made all of it."""
    by_section: dict[str, dict[str, Mapping[int, Any]]] = defaultdict(dict)
    for (section, name), layer in layers.layers.items():
        by_section[section][name] = MappingProxyType(layer)
    managers = {name: entry for name, entry in layers.managers.items() if entry is not None}
    return Shared(**by_section, managers=managers)


def _with_secrets(accounts: Mapping[str, Account], clients: Iterable[Desired]) -> dict[str, Account]:
    """The accounts, each with all secrets of the project, which no message of any service may repeat."""
    keys = [key for account in accounts.values() for key in (account.api_key, account.next_key)]
    hidden = [field.index for field in client_kind().fields if field.sensitive]
    passwords = [client.values[index] for client in clients for index in hidden]
    secrets = tuple(dict.fromkeys(text for text in (*keys, *passwords) if isinstance(text, str) and text))
    return {name: replace(account, project_secrets=secrets) for name, account in accounts.items()}
