// Elements. Whatever comes from the plan becomes text nodes and attributes, never mark-up.

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}
const node = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const shape = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// A word from the plan, whose direction does not leak into what stands beside it.
const word = (text) => node("bdi", {}, text);
const words = (texts) => texts.flatMap((text, at) => (at ? [", ", word(text)] : [word(text)]));

// A picture: `text` says all that it shows.
const picture = (width, height, text, ...children) =>
  shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": text, class: "picture" }, ...children);

// --- what is made once it is asked for, so that ten thousand sites cost nothing before ------------------------------------

// What is closed, or not there yet; printing opens all of it.
const closed = new Set();

function lazy(summary, make) {
  const details = node("details", {}, node("summary", {}, summary));
  const makeOnce = () => {
    if (details.children.length === 1) details.append(make());
  };
  closed.add(() => {
    makeOnce();
    details.open = true;
  });
  details.addEventListener("toggle", makeOnce);
  return details;
}

// The first items, and a button for more of them.
function paged(container, items, make, size) {
  if (items.length <= size) {
    container.append(...items.map(make));
    return [container];
  }
  let at = 0;
  const button = node("button", { type: "button", class: "more", click: () => more(size, true) });
  const rest = () => more(items.length, false);
  function more(number, focus) {
    const added = items.slice(at, at + number).map(make);
    container.append(...added);
    at += added.length;
    const left = items.length - at;
    button.hidden = !left;
    button.textContent = say("more", { n: Math.min(size, left), all: left });
    if (!left) closed.delete(rest);
    if (focus && added[0]) {
      added[0].tabIndex = -1;
      added[0].focus({ preventScroll: true });
    }
  }
  closed.add(rest);
  more(size, false);
  return [container, button];
}

function openEverything() {
  while (closed.size) {
    const waiting = [...closed];
    closed.clear();
    for (const open of waiting) open();
  }
}
