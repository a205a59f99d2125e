// Where the button and the window stand, on the outline of a desktop and of a phone, before and after.

function drawPlaces(section, some) {
  const groups = [...groupBy(some.filter((one) => one.place && !isDelete(one)), (one) => same(one.place)).values()];
  groups.sort((a, b) => b.length - a.length);
  section.hidden = !groups.length;
  section.querySelector(".cards").replaceChildren(...paged(node("div", { class: "pages" }), groups, placeCard, 6));
  return groups.length;
}

const widgetOf = (number) => {
  const [button, position, x, y, window, mobile] = report.places[number];
  return { button, position, x: x || 0, y: y || 0, window, mobile };
};

function placeCard(group) {
  const sidesShown = group[0].place.map((number, side) => [number, SIDE_NAMES[side]]).filter(([number]) => number !== null);
  return node(
    "figure",
    { class: "card" },
    node("h3", {}, actionBadge(group[0]), cardTitle(group)),
    node(
      "div",
      { class: "pair" },
      sidesShown.map(([number, side]) => {
        const widget = widgetOf(number);
        const lines = placeLines(widget);
        return node(
          "div",
          {},
          sidesShown.length > 1 ? node("p", { class: "side" }, say(side)) : null,
          placePicture(widget, `${say("place_picture")}, ${say(side)}: ${lines.join("; ")}`),
          node("ul", { class: "entries" }, lines.map((line) => node("li", {}, line))),
        );
      }),
    ),
    node("figcaption", {}, behind(group)),
  );
}

// --- in words -----------------------------------------------------------------------------------------------------------

const third = (fraction, names) => names[fraction < 1 / 3 ? 0 : fraction > 2 / 3 ? 2 : 1];
const spot = ([x, y]) => say(`at_${third(y, ["top", "middle", "bottom"])}_${third(x, ["left", "centre", "right"])}`);

function placeLines(widget) {
  const corner = report.assumed.button[widget.position];
  const window = report.assumed.window[widget.window];
  const inwards = [["x", "moved_across"], ["y", "moved_up"]].filter(([axis]) => widget[axis]);
  const moved = inwards.map(([axis, key]) => `, ${say(key, { percent: widget[axis] })}`).join("");
  return [
    widget.button === report.assumed.no_button
      ? say("no_button")
      : say("button_at", { where: corner ? spot(corner) + moved : say("unknown_place", { number: valueText(widget.position) }) }),
    say("window_at", { where: window ? spot(window) : say("unknown_place", { number: valueText(widget.window) }) }),
    say(widget.mobile === false ? "not_on_phones" : "on_phones"),
  ];
}

// --- the picture --------------------------------------------------------------------------------------------------------

function placePicture(widget, text) {
  return picture(
    236,
    132,
    text,
    screen(4, 8, 150, 108, 11, widget, 46, 40),
    widget.mobile === false ? screen(172, 8, 60, 116, 6, null) : screen(172, 8, 60, 116, 6, widget, 42, 44),
  );
}

function screen(left, top, width, height, bar, widget, windowWidth = 0, windowHeight = 0) {
  const inside = { x: left + 3, y: top + bar + 2, width: width - 6, height: height - bar - 5 };
  const made = [
    shape("rect", { x: left, y: top, width, height, rx: 6, class: widget ? "device" : "device off" }),
    shape("line", { x1: left, x2: left + width, y1: top + bar, y2: top + bar, class: "grid" }),
  ];
  if (!widget) {
    made.push(shape("path", { d: `M${left + 8} ${top + bar + 8}L${left + width - 8} ${top + height - 8}M${left + width - 8} ${top + bar + 8}L${left + 8} ${top + height - 8}`, class: "cross" }));
    return made;
  }
  for (let line = 0; line < 6; line += 1) {
    const y = inside.y + 8 + line * 14;
    if (y < inside.y + inside.height - 6) {
      made.push(shape("rect", { x: inside.x + 6, y, width: (inside.width - 12) * (line % 3 === 2 ? 0.55 : 0.9), height: 3, rx: 1.5, class: "line" }));
    }
  }
  const window = report.assumed.window[widget.window];
  if (window) {
    const [x, y] = within(inside, window, windowWidth, windowHeight);
    made.push(shape("rect", { x, y, width: windowWidth, height: windowHeight, rx: 4, class: "window" }));
    made.push(shape("rect", { x: x + 7, y: y + windowHeight - 13, width: windowWidth - 14, height: 7, rx: 3, class: "window-button" }));
  }
  const corner = report.assumed.button[widget.position];
  if (corner && widget.button !== report.assumed.no_button) {
    const inwards = [widget.x, widget.y].map((percent, axis) => corner[axis] + (corner[axis] === 1 ? -percent : percent) / 100);
    const [x, y] = within(inside, inwards, 15, 15);
    made.push(shape("circle", { cx: x + 7.5, cy: y + 7.5, r: 7.5, class: "button" }));
    made.push(shape("path", { d: `M${x + 4.6} ${y + 5}q-.4 5.6 5.6 5.9l.4-2.1-2-.8-.8.8q-1.400-.6-1.900-2l.8-.8-.7-2z`, class: "handset" }));
  }
  return made;
}

// The upper left corner of something of a size, at fractions of what is free.
function within(inside, [x, y], width, height) {
  const free = [inside.width - width - 4, inside.height - height - 4];
  const fraction = [x, y].map((value) => Math.min(1, Math.max(0, value)));
  return [inside.x + 2 + free[0] * fraction[0], inside.y + 2 + free[1] * fraction[1]];
}
