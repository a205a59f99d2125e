"""Tokens (api.md 1.1): call 1."""

from __future__ import annotations

import secrets

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.asked import Asked
from reconcile.emulator.context import Context
from reconcile.emulator.storage import Token


class Access:
    """Tokens, for those who have the API key."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def issue_token(self, asked: Asked) -> Answer:
        """GET /auth/token"""
        asked.expect()
        token = Token(secrets.token_hex(16), asked.address, self._context.now() + self._context.token_ttl)
        self._context.storage.accounts.add_token(asked.uid, token)
        return answers.value({"token": token.token, "expire": int(token.expires)})
