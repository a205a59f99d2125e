from __future__ import annotations

from collections.abc import Iterator

import pytest
from chaos.world import Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """What forks the program, so that it starts in no time."""
    made = Zygote()
    yield made
    made.close()
