"""Where on a page the numbers of `api.md` (section 1.5, widget) put things, every line of it [assumed].

The service documents the fields and their defaults, not what their numbers mean: one edit here changes every picture.
A number that is not here is shown as the number, without a place.
"""

from __future__ import annotations

from typing import Final

#: `widget.button_position`: the side and the height at which the button stands, as fractions of the page from its left
#: and its top. `button_position_x` and `button_position_y` move it inwards from there, in percent of the page.
BUTTON: Final = {
    1: (1.0, 1.0),
    2: (0.0, 1.0),
    3: (1.0, 0.0),
    4: (0.0, 0.0),
    5: (1.0, 0.5),
    6: (0.0, 0.5),
}

#: `widget.window_position`: the middle of the window, in the same fractions.
WINDOW: Final = {
    1: (0.0, 0.5),
    2: (0.5, 0.5),
    3: (1.0, 0.5),
}

#: `widget.button`: the number that stands for none.
NO_BUTTON: Final = 0
