"""Websites of Chaser's users. No call of its API makes, changes or deletes one."""

from __future__ import annotations

from msgspec import Struct

from reconcile.emulator.storage.database import Database


class Website(Struct, frozen=True):
    """A website."""

    id: int
    name: str
    title: str

    @property
    def phone(self) -> str:
        """The phone of its manager, in E.164. [assumed: no call of the API tells it]"""
        return f"+7495{self.id % 10**7:07}"


class Websites:
    """The websites of users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(self, uid: str) -> list[Website]:
        """The websites of a user, by id."""
        rows = self._database.rows("SELECT id, name, title FROM websites WHERE uid = ? ORDER BY id", [uid])
        return [Website(*row) for row in rows]

    def one(self, uid: str, website_id: int) -> Website | None:
        """One website of a user."""
        rows = self._database.rows("SELECT id, name, title FROM websites WHERE uid = ? AND id = ?", [uid, website_id])
        return Website(*rows[0]) if rows else None

    def add(self, uid: str, name: str, title: str) -> Website:
        """Stores a new website."""
        insert = "INSERT INTO websites (uid, name, title) VALUES (?, ?, ?) RETURNING id"
        return Website(self._database.rows(insert, [uid, name, title])[0][0], name, title)

    def rename(self, website_id: int, title: str) -> None:
        """Gives a website another title."""
        self._database.change("UPDATE websites SET title = ? WHERE id = ?", [title, website_id])

    def drop(self, website_id: int) -> None:
        """Deletes a website."""
        self._database.change("DELETE FROM websites WHERE id = ?", [website_id])
