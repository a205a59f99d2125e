"""`docs/fields.md` says what the schemas say."""

from __future__ import annotations

from reconcile.model.fields import site_kind
from reconcile.reports.reference import fields_markdown


def test_the_page_is_what_the_schemas_render(repository):
    page = (repository / "docs" / "fields.md").read_text(encoding="utf-8")

    # To renew it: python -c "from reconcile.reports.reference import *; print(fields_markdown(), end='')" > docs/fields.md
    assert page == fields_markdown()


def test_every_field_is_on_the_page():
    page = fields_markdown()

    for field in site_kind().fields:
        for item in (field, *field.items):
            assert f".{item.name}`" in page or f"`{item.name}`" in page, item.path
