// The week as a picture: who answers when, before and after, the same hours of many sites once.

const ROW = 26;
const LEFT = 30;
const HOUR = 13.5;
const WIDTH = LEFT + 24 * HOUR + 6;
const SIDE_NAMES = ["before", "after"];

function drawWeeks(section, some) {
  const differing = some.filter((change) => change.week);
  const groups = [...groupBy(differing, weekKey).values()].sort((a, b) => b.length - a.length);
  section.hidden = !groups.length;
  const cards = groups.map((group) => () => weekCard(group));
  if (groups.length > 1) cards.unshift(() => heatCard(differing));
  const container = section.querySelector(".cards");
  container.replaceChildren(...paged(node("div", { class: "pages" }), cards, (card) => card(), 8));
  return groups.length;
}

const weeksOf = (change) => change.week.map((number) => (number === null ? null : report.weeks[number]));

// Sites are alike where their hours are, whatever their time zones, as long as those stay.
const weekKeys = new Map();
function weekKey(change) {
  const pair = `${change.action} ${change.week}`;
  if (!weekKeys.has(pair)) {
    const [before, after] = weeksOf(change);
    const zones = before && after && before.zone !== after.zone ? [before.zone, after.zone] : null;
    weekKeys.set(pair, same([change.action, before && before.days, after && after.days, zones]));
  }
  return weekKeys.get(pair);
}

function weekCard(group) {
  const [before, after] = weeksOf(group[0]);
  const lines = weekLines(before, after);
  const text = lines.map(([days, was, is]) => `${days}: ${was === is ? was : [was, is].filter(Boolean).join(" → ")}`).join("; ");
  return node(
    "figure",
    { class: "card" },
    node("h3", {}, actionBadge(group[0]), cardTitle(group)),
    weekPicture(before, after, `${say("week_picture")}: ${text}`),
    node(
      "figcaption",
      {},
      node("p", { class: "zones" }, zonesText(group)),
      node(
        "ul",
        { class: "entries" },
        lines.map(([days, was, is]) =>
          node("li", { class: was === is ? "quiet" : "" }, `${days} `, was === is ? was : arrow(was, is)),
        ),
      ),
      behind(group),
    ),
  );
}

const arrow = (was, is) => [
  was ? node("span", { class: "hours" }, was) : null,
  was && is ? " → " : null,
  is ? node("b", { class: "hours" }, is) : null,
];

const actionBadge = (first) =>
  first.action === "update" ? null : [node("span", { class: `badge ${first.action}` }, `${SIGNS[first.action]} ${say(`action_${first.action}`)}`), " "];
const FEW = 3; // so many sites are named in a picture's heading
const cardTitle = (group) => (group.length <= FEW ? words(group.map((one) => one.name)) : countedChanges(group));
const behind = (group) =>
  group.length <= FEW ? null : lazy(say("which", { what: countedChanges(group) }), () => node("div", {}, siteList(group)));

function weekLines(before, after) {
  const text = (week, day) => (week ? hoursText(week.days[day]) : null);
  const days = [0, 1, 2, 3, 4, 5, 6].map((day) => [day, same([text(before, day), text(after, day)])]);
  return runs(days).map(([first, last, what]) => [daysText(first, last), ...JSON.parse(what)]);
}

function zonesText(group) {
  const [before, after] = weeksOf(group[0]);
  if (before && after && before.zone !== after.zone) return arrow(zoneText(before.zone), zoneText(after.zone));
  const zones = [...groupBy(group, (one) => weeksOf(one).find(Boolean).zone)].sort((a, b) => b[1].length - a[1].length);
  if (zones.length === 1) return word(zoneText(zones[0][0]));
  const few = zones.slice(0, 4).flatMap(([zone, of], at) => [at ? ", " : "", node("span", {}, word(zoneText(zone)), of.length > 1 ? ` × ${numbers.format(of.length)}` : "")]);
  return [say("zones", { n: zones.length }), ": ", few, zones.length > 4 ? ` ${say("and_more", { n: zones.length - 4 })}` : ""];
}

// --- the picture --------------------------------------------------------------------------------------------------------

const xOf = (minutes) => LEFT + (minutes / 60) * HOUR;

// The spans of a week in minutes since its beginning; hours that end before they begin go over midnight.
function spans(week) {
  if (!week) return [];
  return week.days.flatMap((hours, day) => {
    if (!hours) return [];
    const [from, to] = hours;
    const begin = day * 1440 + from;
    const end = day * 1440 + to + (to < from ? 1440 : 0);
    return end <= 10080 ? [[begin, end]] : [[begin, 10080], [0, end - 10080]];
  });
}

// What a day has of the spans, in minutes since its midnight.
const onDay = (some, day) =>
  some.map(([from, to]) => [Math.max(from, day * 1440) - day * 1440, Math.min(to, (day + 1) * 1440) - day * 1440]).filter(([from, to]) => from < to);

// What is in one and not in the others.
function without(some, others) {
  return others.reduce((left, [from, to]) => left.flatMap(([a, b]) => [[a, Math.min(b, from)], [Math.max(a, to), b]].filter(([x, y]) => x < y)), some);
}

function axis(top, height) {
  const lines = [];
  for (let hour = 0; hour <= 24; hour += 3) {
    const x = xOf(hour * 60);
    lines.push(shape("line", { x1: x, x2: x, y1: top, y2: top + height, class: hour % 6 ? "grid faint" : "grid" }));
    if (hour % 6 === 0) lines.push(shape("text", { x, y: top - 4, class: "tick", "text-anchor": "middle" }, String(hour)));
  }
  return lines;
}

function bar([from, to], y, height, kind, sign) {
  const [x, width] = [xOf(from), ((to - from) / 60) * HOUR];
  return [
    shape("rect", { x, y, width, height, rx: 2, class: `bar ${kind}` }),
    sign && width >= 8 ? shape("text", { x: x + width / 2, y: y + height - 1.5, class: `sign ${kind}`, "text-anchor": "middle" }, sign) : null,
  ];
}

function weekPicture(before, after, text) {
  const [old, now] = [spans(before), spans(after)];
  const rows = [0, 1, 2, 3, 4, 5, 6].map((day) => {
    const y = 16 + day * ROW;
    const [was, is] = [onDay(old, day), onDay(now, day)];
    const made = [
      shape("line", { x1: 0, x2: WIDTH, y1: y + ROW, y2: y + ROW, class: "grid faint" }),
      shape("text", { x: 0, y: y + 17, class: "day" }, dayName(day)),
    ];
    if (before && after && same(was) === same(is)) return [made, was.map((span) => bar(span, y + 8, 10, "kept", ""))];
    const lower = before && after ? y + 14 : y + 8; // where there is one side only, it has the row for itself
    if (before && after) made.push(was.map((span) => bar(span, y + 3, 9, "was", "")));
    made.push(without(is, without(is, was)).map((span) => bar(span, lower, 9, "kept", "")));
    made.push(without(is, was).map((span) => bar(span, lower, 9, "gain", "+")));
    made.push(without(was, is).map((span) => bar(span, lower, 9, "loss", "−")));
    return made;
  });
  return picture(WIDTH, 16 + 7 * ROW + 4, text, axis(16, 7 * ROW), rows);
}

// --- across sites -----------------------------------------------------------------------------------------------------------

// For each hour of the week, how many of the sites answer at any time of it.
function answering(some, side) {
  const counts = Array.from({ length: 7 }, () => Array(24).fill(0));
  for (const group of groupBy(some, (one) => one.week[side]).values()) {
    const week = weeksOf(group[0])[side];
    const open = spans(week);
    for (let day = 0; day < 7; day += 1) {
      for (const [from, to] of onDay(open, day)) {
        const [first, last] = [Math.floor(from / 60), Math.ceil(to / 60)];
        for (let hour = first; hour < last; hour += 1) counts[day][hour] += group.length;
      }
    }
  }
  return counts;
}

function heatCard(some) {
  const both = [0, 1].map((side) => answering(some, side));
  const most = Math.max(1, ...both.flat(2));
  return node(
    "figure",
    { class: "card wide" },
    node("h3", {}, say("across", { what: countedChanges(some) })),
    node(
      "div",
      { class: "pair" },
      both.map((counts, side) =>
        node("div", {}, node("p", { class: "side" }, say(SIDE_NAMES[side])), heatPicture(counts, most, `${say(SIDE_NAMES[side])}: ${heatText(counts)}`)),
      ),
    ),
    node(
      "figcaption",
      {},
      node("p", {}, say("heat_about", { most })),
      lazy(say("as_table"), () => heatTable(both)),
    ),
  );
}

const heatText = (counts) => counts.map((hours, day) => `${dayName(day)}: ${say("at_most", { n: Math.max(...hours) })}`).join("; ");

function heatPicture(counts, most, text) {
  const cells = counts.map((hours, day) => [
    shape("text", { x: 0, y: 16 + day * 18 + 13, class: "day" }, dayName(day)),
    hours.map((n, hour) =>
      shape("rect", { x: xOf(hour * 60) + 0.5, y: 16 + day * 18 + 1, width: HOUR - 1, height: 16, rx: 2, class: `heat heat-${Math.ceil((n / most) * 5)}` }),
    ),
  ]);
  return picture(WIDTH, 16 + 7 * 18 + 2, text, axis(16, 7 * 18), cells);
}

function heatTable([before, after]) {
  const days = [0, 1, 2, 3, 4, 5, 6];
  return node(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": say("as_table") },
    node(
      "table",
      { class: "numbers" },
      node("caption", { class: "hidden" }, say("as_table")),
      node("thead", {}, node("tr", {}, node("th", { scope: "col" }, say("hour")), days.map((day) => node("th", { scope: "col" }, dayName(day))))),
      node(
        "tbody",
        {},
        Array.from({ length: 24 }, (_, hour) =>
          node(
            "tr",
            {},
            node("th", { scope: "row" }, `${hour}:00`),
            days.map((day) => {
              const [was, is] = [before[day][hour], after[day][hour]];
              return node("td", {}, was === is ? numbers.format(was) : [`${numbers.format(was)} → `, node("b", {}, numbers.format(is))]);
            }),
          ),
        ),
      ),
    ),
  );
}
