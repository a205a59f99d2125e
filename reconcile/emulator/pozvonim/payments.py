"""Money for clients: calls 16 and 28, which are one."""

from __future__ import annotations

from typing import Final

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.asked import Asked
from reconcile.emulator.context import Context
from reconcile.emulator.documents import invalid
from reconcile.emulator.pozvonim import assumed
from reconcile.emulator.refused import Refused
from reconcile.emulator.storage import Purse

#: The purses by their numbers (api.md 1.4, call 16).
PURSES: Final = {1: Purse.MAIN, 2: Purse.PARTNER}


class Payments:
    """Money that moves from a studio's purse to its client's."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def pay(self, asked: Asked) -> Answer:
        """POST /payments/contributors/:id, and POST /contributors/:id/payments"""
        asked.expect("type", "amount")
        asked.require("type", "amount")
        purse = PURSES.get(asked.whole("type") or 0)
        if purse is None:
            raise invalid(("type",), "expected 1 (main balance) or 2 (partner balance)")
        amount = asked.money("amount") or 0
        client = self._context.client(asked)
        paid = self._context.storage.clients.pay(asked.uid, client.id, purse, amount, self._context.now())
        if paid is None:
            raise Refused(400, "PAYMENT-INSUFFICIENT", "There is less than that on the balance")
        item = assumed.payment(paid[0], amount, paid[1])
        return answers.value(self._context.manners.item(assumed.PAYMENT_TYPES, item, paid[0]))
