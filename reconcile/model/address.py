"""What names a resource in plans, reports and selections (design, section 4).

`ACCOUNT/site/ADDRESS`, `ACCOUNT/client/NAME`, and `ACCOUNT/profile`, of which an account has one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from reconcile.model.normalize import human_address, read_address

#: The kinds of resources, in the order of plans.
KINDS: Final = ("profile", "client", "site")


class Address(NamedTuple):
    """A resource's account, kind and name; a site's name is its canonical address, a profile's is empty.

    A tuple, because it is looked up and compared tens of thousands of times in a plan.
    """

    account: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.account}/{self.kind}/{self.name}" if self.name else f"{self.account}/{self.kind}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """The inverse of `str`. Raises `ValueError` for anything else."""
        account, kind, *name = text.split("/", 2)
        return cls(account, kind, *(name or [""]))

    def named(self, name: str) -> Address:
        """The address of the same kind of resource, in the same account, with this name."""
        return Address(self.account, self.kind, name)

    def at(self, url: str) -> Address:
        """The address of the site with this URL, in whatever spelling."""
        try:
            return self.named(read_address(url))
        except ValueError:
            return self.named(url)

    @property
    def human(self) -> str:
        """The name with Cyrillic domains readable."""
        return human_address(self.name) if self.kind == "site" else self.name

    @property
    def shown(self) -> str:
        """The whole address as people read it."""
        return str(self.named(self.human))
