"""`docs/fields.md` says what the schemas say."""

from __future__ import annotations

from reconcile.model.fields import kinds
from reconcile.reports.reference import fields_markdown

RENEW = "python -c 'from reconcile.reports.reference import fields_markdown as page; print(page(), end=\"\")'"


def test_the_page_is_what_the_schemas_render(repository):
    page = (repository / "docs" / "fields.md").read_text(encoding="utf-8")

    assert page == fields_markdown(), f"renew it: {RENEW} > docs/fields.md"


def test_every_field_is_on_the_page():
    page = fields_markdown()

    for field in (field for kind in kinds().values() for field in kind.fields):
        for item in (field, *field.items):
            assert f".{item.name}`" in page or f"`{item.name}`" in page, item.path
