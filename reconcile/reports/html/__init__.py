"""A plan as one file for people who have never run the program: HTML that fetches nothing and runs nothing but its own.

`page` puts the file together from `page.html`, `style.css`, `script/` and `texts/`; `data` is what its script reads.
"""

from reconcile.reports.html.page import plan_html

__all__ = ["plan_html"]
