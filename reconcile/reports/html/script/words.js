// What the page says, in the language that is chosen. Every text is in texts/*.json.

let language = "en";
let plurals = new Intl.PluralRules(language);
let numbers = new Intl.NumberFormat(language);

function speak(chosen) {
  language = chosen;
  plurals = new Intl.PluralRules(language);
  numbers = new Intl.NumberFormat(language);
}

// A text, its {names} replaced; where it has forms, the one for `n`.
function say(key, values = {}) {
  const text = texts[language][key];
  const form = typeof text === "string" ? text : text[plurals.select(values.n)];
  return form.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? numbers.format(values[name]) : values[name]));
}

const counted = (n, kind) => say(`n_${kind}`, { n });

// How many sites, clients and profiles: `12 sites`.
const countedChanges = (some) =>
  [...groupBy(some, (change) => change.kind)].map(([kind, of]) => counted(of.length, kind)).join(", ");

// A field in words: the table's, or the first sentence of the schema's, which is English. The table is of pairs: a key
// `password` with a text beside it is what scanners for secrets look for.
const labels = Object.fromEntries(Object.keys(texts).map((name) => [name, new Map(texts[name].fields)]));
const fieldLabel = (field) =>
  labels[language].get(field.path) || field.about.split(". ")[0].replace(/\.$/, "") || field.path;

// Why something changes: the planner says it in English, and in few phrases around names and files. Any other reason
// stays in English, and is marked as that.
const reasons = Object.fromEntries(Object.keys(texts).map((name) => [name, texts[name].reasons.map(phrase)]));

function phrase([english, text]) {
  const pattern = english.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>.+)");
  return [new RegExp(`^${pattern}$`, "s"), text];
}

function reasonText(reason) {
  for (const [pattern, text] of reasons[language]) {
    const found = pattern.exec(reason);
    if (found) return word(text.replace(/\{(\w+)\}/g, (_, name) => found.groups[name]));
  }
  return node("span", { lang: "en" }, word(reason));
}

// --- values -----------------------------------------------------------------------------------------------------------

const isNothing = (value) => value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

function valueText(value) {
  if (isNothing(value)) return say("nothing");
  if (value === "(sensitive)") return say("hidden");
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  if (Array.isArray(value)) return value.map(valueText).join(", ");
  if (typeof value === "object") return personText(value);
  return String(value);
}

// A manager: `Анна +74951234567 (Москва)`.
function personText({ name, phone, region, ...rest }) {
  const parts = [name, phone].filter((part) => !isNothing(part)).map(valueText);
  if (!isNothing(region)) parts.push(`(${valueText(region)})`);
  return parts.concat(Object.entries(rest).map(([key, part]) => `${key}: ${valueText(part)}`)).join(" ");
}

// --- hours and days -----------------------------------------------------------------------------------------------------

const dayName = (day) => texts[language].days[day];
const clock = (minutes) => `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
const hourText = (hour) => (typeof hour === "number" ? clock(hour * 60) : String(hour));

// Days in a row that say the same: [[first, last, what], …].
function runs(days) {
  const made = [];
  for (const [day, what] of days) {
    const last = made.at(-1);
    if (last && last[1] === day - 1 && last[2] === what) last[1] = day;
    else made.push([day, day, what]);
  }
  return made;
}
const daysText = (first, last) => (first === last ? dayName(first) : `${dayName(first)}–${dayName(last)}`);

// A day of a schedule's field change, as much of it as is known: [day, from, to, enable].
function partsText([, from, to, enable]) {
  if (enable === false) return say("closed");
  if (isNothing(from) && isNothing(to)) return enable ? say("open") : say("nothing");
  if (isNothing(to)) return say("from_hour", { at: hourText(from) });
  if (isNothing(from)) return say("until_hour", { at: hourText(to) });
  return `${hourText(from)}–${hourText(to)}`;
}

// A day of a whole week: its hours in minutes, or nothing.
const hoursText = (hours) => (hours ? `${clock(hours[0])}–${clock(hours[1])}` : say("closed"));

// A pause of seconds: `1 h 30 min`.
function spanText(seconds) {
  const parts = [];
  let left = Math.round(seconds * 1000) / 1000;
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]]) {
    const n = unit === "s" ? Math.round(left * 1000) / 1000 : Math.floor(left / size);
    left -= n * size;
    if (n) parts.push(say(`span_${unit}`, { n }));
  }
  return parts.join(" ");
}

// A time zone with what it is today: `Europe/Moscow (UTC+3)`; null is the visitor's.
const zones = new Map();
function zoneText(zone) {
  if (zone === null) return say("visitor_zone");
  if (!zone) return say("no_zone");
  if (!zones.has(zone)) zones.set(zone, zone + offsetOf(zone));
  return zones.get(zone);
}

function offsetOf(zone) {
  try {
    const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(new Date());
    return ` (${parts.find((part) => part.type === "timeZoneName").value.replace("GMT", "UTC")})`;
  } catch {
    return ""; // a zone that this browser does not know
  }
}
