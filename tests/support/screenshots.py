"""Pictures of the HTML report: light, dark, and on a phone. `python -m screenshots FOLDER`, or `make screenshots`.

The documentation shows the first three of them, in docs/images.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import browser as browsers
import html_plans

from reconcile.reports.html import plan_html

#: Name, language, colours, size of the window, the address after `#`, what is above the upper edge, and whether all of
#: the page is wanted.
PICTURES = (
    ("report", "en-US", "light", (1000, 1255), "#group=dealers", "", False),
    ("report-dark", "ru-RU", "dark", (1000, 1230), "#group=dealers", "", False),
    ("report-phone", "ru-RU", "light", (390, 844), "", "", False),
    ("report-phone-dark", "ru-RU", "dark", (390, 844), "", "changes", False),
    ("report-whole", "en-US", "light", (1200, 900), "", "", True),
    ("report-whole-dark", "ru-RU", "dark", (1200, 900), "", "", True),
)


def main(folder: Path) -> None:
    """Takes every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, browsers.browser() as browser:
        address = browsers.written(Path(made), "report", plan_html(html_plans.showcase()))
        for name, language, colours, (width, height), fragment, top, whole in PICTURES:
            context = browser.new_context(
                locale=language, color_scheme=colours, viewport={"width": width, "height": height}
            )
            tab = context.new_page()
            tab.goto(address + fragment)
            if top:
                tab.evaluate("(id) => document.getElementById(id).scrollIntoView()", top)
            tab.screenshot(path=folder / f"{name}.png", full_page=whole)
            context.close()
            print(folder / f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
