"""What names a resource in plans, reports and selections: `ACCOUNT/site/ADDRESS` (design, section 4)."""

from __future__ import annotations

from dataclasses import dataclass

from reconcile.model.normalize import human_address


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """A resource's account, kind and name; a site's name is its canonical address."""

    account: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.account}/{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """The inverse of `str`. Raises `ValueError` for anything else."""
        account, kind, name = text.split("/", 2)
        return cls(account, kind, name)

    @property
    def human(self) -> str:
        """The name with Cyrillic domains readable."""
        return human_address(self.name)

    @property
    def shown(self) -> str:
        """The whole address as people read it."""
        return f"{self.account}/{self.kind}/{self.human}"
