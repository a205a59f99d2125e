"""What docs/configuration.md shows is valid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconcile.config.interpolate import Interpolator
from reconcile.config.load import Document, parse
from reconcile.config.validate import check

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", BLOCKS)
def test_a_block_is_a_valid_file(text):
    data, faults = parse(text.encode(), "block.yaml")
    env = dict.fromkeys(re.findall(r"\$\{env\.(\w+)", text), "x")
    interpolator = Interpolator(PAGE.parent, env)

    document = interpolator.document(Document("block.yaml", data, interpolated=True))

    assert not faults + interpolator.faults
    assert check(document)[1] == []
