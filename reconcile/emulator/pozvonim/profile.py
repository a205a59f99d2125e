"""The account's own profile, and the time in its zone: calls 7, 14 and 15."""

from __future__ import annotations

from msgspec.structs import replace

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.asked import Asked
from reconcile.emulator.context import Context
from reconcile.emulator.documents import Document, invalid
from reconcile.emulator.personalities import Family
from reconcile.emulator.pozvonim import assumed
from reconcile.emulator.refused import Refused
from reconcile.emulator.storage import Account
from reconcile.model.fields import profile_kind


class Profile:
    """What an account says of itself."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._document = Document(profile_kind())

    def read(self, asked: Asked) -> Answer:
        """GET /profile"""
        asked.expect()
        return self._told(self._account(asked))

    def update(self, asked: Asked) -> Answer:
        """POST /profile. Another key ends all tokens, and a disabled API ends everything."""
        sent = self._document.read(asked.params)
        key = str(sent["api_key"])
        if not key.strip():
            raise invalid(("api_key",), "expected a key that is not blank")
        with self._context.storage.database.transaction():
            account = replace(
                self._account(asked),
                api_key=key,
                timezone=str(sent["timezone"]).strip(),
                enabled=bool(sent["api_enable"]),
            )
            self._context.storage.accounts.change(account)
        return answers.changed(self._context.manners, account.n, self._told(account))

    def time(self, asked: Asked) -> Answer:
        """GET /server/time/now"""
        asked.expect()
        return answers.value(assumed.server_time(self._context.now(), asked.zone))

    def _told(self, account: Account) -> Answer:
        manners = self._context.manners
        told = manners.item(assumed.PROFILE_TYPES, assumed.profile(account), account.n)
        teller = manners.choose(Family.PROFILE)
        return answers.value(told if teller is None else teller.act(told, account.api_key))

    def _account(self, asked: Asked) -> Account:
        account = self._context.storage.accounts.one(asked.uid)
        if account is None:
            raise Refused(401, "AUTH-UID-UNKNOWN", f"There is no account {asked.uid}")
        return account
