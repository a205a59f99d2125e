// What changes do to each field, and how often: [{field, variants: [{before, after, changes}]}], in the order of the plan.

function unitsOf(some) {
  const units = new Map();
  for (const change of some) {
    for (const [field, before, after] of change.units) {
      if (!units.has(field)) units.set(field, new Map());
      const variants = units.get(field);
      const key = `${before} ${after}`;
      if (!variants.has(key)) variants.set(key, { before: report.values[before], after: report.values[after], changes: [] });
      variants.get(key).changes.push(change);
    }
  }
  return [...units].map(([field, variants]) => ({
    field: report.fields[field],
    variants: [...variants.values()].sort((a, b) => b.changes.length - a.changes.length),
  }));
}

const same = (entry) => JSON.stringify(entry);

// Two lists beside each other: what is gone, what is new, and whether only the order is another.
function compared(before, after) {
  const [old, now] = [before || [], after || []];
  const [inOld, inNow] = [new Set(old.map(same)), new Set(now.map(same))];
  const gone = old.filter((entry) => !inNow.has(same(entry)));
  const come = now.filter((entry) => !inOld.has(same(entry)));
  return { gone, come, kept: old.length - gone.length, moved: !gone.length && !come.length };
}

const MARKS = { gone: ["−", "del"], come: ["+", "ins"], kept: ["", "span"] };

// One side of a list: what is only here is marked, and what is on both sides is counted where there is much of it.
function listSide(entries, others, mark, ordered) {
  const there = new Set(others.map(same));
  const long = entries.length > 12 && entries !== others;
  const rows = [];
  let kept = 0;
  entries.forEach((entry, at) => {
    const how = there.has(same(entry)) ? "kept" : mark;
    if (how === "kept" && long) kept += 1;
    else rows.push([how, ordered && others.length + entries.length > 2 ? `${at + 1}. ${valueText(entry)}` : valueText(entry)]);
  });
  const list = node("ul", { class: "entries" });
  const made = paged(
    list,
    rows,
    ([how, text]) => {
      const [sign, tag] = MARKS[how];
      return node("li", {}, node(tag, { class: how }, sign && `${sign} `, word(text)));
    },
    50,
  );
  return [made, kept ? node("p", { class: "quiet" }, say("kept", { n: kept })) : null];
}

// The two cells of a field's change.
function sides({ path, type }, { before, after }, created) {
  if (type === "week") return weekSides(before, after, created);
  if ((type === "set" || type === "items") && (Array.isArray(before) || isNothing(before)) && (Array.isArray(after) || isNothing(after))) {
    const [old, now] = [before || [], after || []];
    const both = [
      old.length ? listSide(old, now, "gone", type === "items") : quietly(say("nothing")),
      now.length ? listSide(now, created ? now : old, "come", type === "items") : quietly(say("nothing")),
    ];
    if (!created && compared(old, now).moved) both[1] = [both[1], node("p", { class: "quiet" }, say("moved"))];
    return both;
  }
  return [before, after].map((value) =>
    isNothing(value) || value === "(sensitive)" ? quietly(valueText(value)) : word(placeText(path, value) || valueText(value)),
  );
}

// A number that stands for a place, with the place that it is drawn at: `2 (bottom left, assumed)`.
function placeText(path, value) {
  const { button, window, no_button: none } = report.assumed;
  if (path === "widget.button" && value === none) return say("assumed_place", { value: valueText(value), where: say("no_button").toLowerCase() });
  const spots = { "widget.button_position": button, "widget.window_position": window }[path];
  return spots && Object.hasOwn(spots, value) ? say("assumed_place", { value: valueText(value), where: spot(spots[value]) }) : null;
}
const quietly = (text) => node("span", { class: "quiet" }, text);

// A schedule's days, those that say the same together, on the same lines of both cells.
function weekSides(before, after, created) {
  const days = after.map((parts, at) => [parts[0], same([created ? null : partsText(before[at]), partsText(parts)])]);
  const lines = runs(days).map(([first, last, what]) => [daysText(first, last), ...JSON.parse(what)]);
  return [1, 2].map((side) =>
    node("ul", { class: "entries" }, lines.map((line) => node("li", {}, `${line[0]} `, node("b", {}, line[side] ?? "")))),
  );
}
