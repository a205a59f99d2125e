"""What docs/configuration.md shows is valid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconcile.config.load import Document, parse
from reconcile.config.validate import check

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", BLOCKS)
def test_a_block_is_a_valid_file(text):
    data, faults = parse(text.encode(), "block.yaml")

    assert not faults
    assert check(Document("block.yaml", data))[1] == []
