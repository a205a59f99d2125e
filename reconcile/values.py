"""Values that keep some of what they hold to themselves.

All values of the program are `msgspec.Struct`s: a frozen dataclass by another maker, which a command that imports a
hundred of them does not wait for (docs/dependencies.md).
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct


class Guarded(Struct, frozen=True):
    """A value whose fields `hidden` are in no `repr`: they may be passwords and keys, or are long."""

    hidden: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        shown = [name for name in self.__struct_fields__ if name not in self.hidden]
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"
