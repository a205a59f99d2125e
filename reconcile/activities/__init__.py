"""Calls, statistics, clients, widgets, money and time: which account, site or client is meant, and what became of it.

No terminal here; `cli/` says what comes of it. Reads raise `ProviderError`; what is to happen once goes through
`sent_once`.
"""

from reconcile.activities.accounts import Accounts, able, of_each, only
from reconcile.activities.calling import call_options, call_time, defaults_for, option
from reconcile.activities.clients import declared_as, find_client
from reconcile.activities.listing import Wanted, check_statuses, list_calls, visitor
from reconcile.activities.money import Transfer, prepare_transfer
from reconcile.activities.once import outcome_unknown, sent_once
from reconcile.activities.sites import Directory, Site

__all__ = [
    "Accounts",
    "Directory",
    "Site",
    "Transfer",
    "Wanted",
    "able",
    "call_options",
    "call_time",
    "check_statuses",
    "declared_as",
    "defaults_for",
    "find_client",
    "list_calls",
    "of_each",
    "only",
    "option",
    "outcome_unknown",
    "prepare_transfer",
    "sent_once",
    "visitor",
]
