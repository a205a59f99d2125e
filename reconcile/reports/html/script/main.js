// The page: language, light and dark, and everything drawn anew when a filter changes.

const $ = (id) => document.getElementById(id);
const looks = { lang: "", theme: "" }; // what a person chose; empty: as the browser says

// --- from top to bottom -------------------------------------------------------------------------------------------------

function drawTexts() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  const heading = say(report.refused ? "title_refused" : "title");
  $("title").textContent = heading;
  $("title").classList.toggle("refused", report.refused);
  const { summary } = report;
  const made = [...ACTIONS, "manual"].filter((what) => summary[what]).map((what) => say(`will_${what}`, { n: summary[what] }));
  const text = made.length ? made.join(", ") : say(report.complete ? "no_changes" : "incomplete");
  $("verdict").textContent = made.length && !report.complete ? `${text}. ${say("incomplete")}` : text;
  document.title = `${heading}: ${text}`;
  $("language").textContent = say("other_language");
  $("language").lang = language === "ru" ? "en" : "ru";
  $("theme").textContent = say(isDark() ? "light" : "dark");
}

function drawTiles() {
  const said = (level) => report.said.filter((one) => one.level === level).length; // as many as are listed below
  const { summary } = report;
  const tiles = [
    [said("error"), "error"],
    [said("warning"), "warning"],
    [summary.delete, "delete", true],
    [summary.create, "create", true],
    [summary.update, "update", true],
    [summary.manual, "manual"],
    [summary.noop, "noop"],
  ];
  const kept = tiles.filter(([n, name]) => n || ["create", "update", "delete"].includes(name));
  $("tiles").replaceChildren(
    ...kept.map(([n, name, filters]) => {
      const inside = [node("span", { class: "number" }, numbers.format(n)), " ", node("span", {}, say(`tile_${name}`, { n }))];
      if (!filters || !n) return node("p", { class: `tile ${name}${n ? "" : " zero"}` }, inside);
      const press = () => {
        choose("action", chosen.action === name ? undefined : name);
        changed();
      };
      return node("button", { type: "button", class: `tile ${name}`, "aria-pressed": String(chosen.action === name), "data-action": name, click: press }, inside);
    }),
  );
}

function drawSaid() {
  const undeclared = report.undeclared.map(([account, n, of]) => ({ level: "hint", text: say("undeclared", { n, of }), about: [account] }));
  const said = [...report.said, ...undeclared];
  $("problems").hidden = !said.length;
  $("said").replaceChildren(...paged(node("ul", { class: "said" }), said, saidItem, 50));
}

// What the program says is English; a `text` is the page's own.
function saidItem({ level, message, text, about }) {
  const few = about.length ? node("p", { class: "quiet" }, words(about)) : null;
  const names = () => paged(node("ul", { class: "sites" }), about, (one) => node("li", {}, word(one)), 500);
  return node(
    "li",
    { class: level },
    node("strong", { class: "badge" }, say(`level_${level}`)),
    " ",
    text ? node("span", {}, text) : node("span", { lang: "en" }, word(message)),
    about.length > 6 ? lazy(say("about_many", { n: about.length }), () => node("div", {}, names())) : few,
  );
}

function drawRollout() {
  const made = report.rollout;
  $("waves").hidden = !made;
  if (!made) return;
  const between = made.waves.length > 1 ? [...(made.pause ? [say("wave_pause", { span: spanText(made.pause) })] : []), ...made.gates.map((gate) => say("wave_gate", { gate }))] : [];
  const terms = [
    ...(between.length ? [say("waves_between", { what: between.join(", ") })] : []),
    ...(made.borne ? [say("wave_borne", { n: made.borne })] : []),
    say(`wave_${made.on_failure}`),
  ];
  const total = made.waves.reduce((sum, wave) => sum + wave.sites, 0);
  let upto = 0;
  const items = made.waves.map((wave) => [wave, (upto += wave.sites)]);
  $("rollout").replaceChildren(
    node("p", { class: "about" }, terms.join(" ")),
    ...paged(node("ul", { class: "waves" }), items, ([wave, reached]) => waveItem(wave, reached, total, made.of), 50),
    made.left_out.length ? node("p", { class: "quiet" }, say("waves_left_out"), " ", words(made.left_out)) : "",
  );
}

function waveItem({ number, name, sites, changes: all, first }, reached, total, of) {
  const others = all - sites;
  const parts = [counted(sites, "site")];
  if (reached > sites) parts.push(say("wave_reached", { reached, total }));
  if (others) parts.push(say("wave_others", { n: others }));
  const more = all > first.length ? ` ${say("and_more", { n: all - first.length })}` : "";
  return node("li", {}, node("strong", {}, say("wave_of", { number, of })), " (", word(name), `): ${parts.join(", ")}: `, words(first), more);
}

function drawPlan() {
  const shown = matching();
  const deletes = shown.filter(isDelete);
  const others = shown.filter((change) => !isDelete(change));
  closed.clear();
  drawSaid();
  countFacets(shown);
  for (const [id, some] of [["deletes", deletes], ["changes", others]]) {
    $(id).hidden = !some.length;
    drawBlocks($(id).querySelector(".blocks"), some);
  }
  const there = [
    ["deletes", deletes.length],
    ["week", drawWeeks($("week"), shown)],
    ["place", drawPlaces($("place"), shown)],
    ["lists", drawLists($("lists"), shown)],
    ["changes", others.length],
  ].filter(([, n]) => n);
  $("sections").hidden = there.length < 2;
  $("sections").replaceChildren(
    node("ul", {}, there.map(([id]) => node("li", {}, node("a", { href: `#${id}-title`, click: jump }, say(id))))),
  );
  for (const tile of document.querySelectorAll("[data-action]")) tile.setAttribute("aria-pressed", String(tile.dataset.action === chosen.action));
}

// Goes to a heading, and leaves the filters in the address alone.
function jump(event) {
  event.preventDefault();
  const target = $(event.currentTarget.getAttribute("href").slice(1));
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "start" });
}

function changed() {
  writeAddress(looks);
  drawPlan();
}

function drawAll() {
  drawTexts();
  drawTiles();
  drawRollout();
  drawFacets(changed);
  drawPlan();
}

// --- language, light and dark, printing -----------------------------------------------------------------------------------

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (looks.theme ? looks.theme === "dark" : prefersDark.matches);

function dress() {
  if (looks.theme) document.documentElement.dataset.theme = looks.theme;
  else delete document.documentElement.dataset.theme;
}

// What the address asks for; where it says nothing, the browser.
function obey() {
  const given = readAddress();
  looks.lang = given.get("lang") in texts ? given.get("lang") : "";
  looks.theme = ["light", "dark"].includes(given.get("theme")) ? given.get("theme") : "";
  const preferred = (navigator.language || "en").slice(0, 2);
  speak(looks.lang || (preferred in texts ? preferred : "en"));
  dress();
  drawAll();
}

$("language").addEventListener("click", () => {
  looks.lang = language === "ru" ? "en" : "ru";
  speak(looks.lang);
  writeAddress(looks);
  drawAll();
});
$("theme").addEventListener("click", () => {
  looks.theme = isDark() ? "light" : "dark";
  dress();
  writeAddress(looks);
  drawTexts();
});
prefersDark.addEventListener("change", drawTexts);
$("filters").addEventListener("reset", (event) => {
  event.preventDefault();
  for (const facet of FACETS) delete chosen[facet];
  chosen.search = "";
  changed();
  $("filters-title").focus();
});
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("print").addEventListener("click", () => window.print());
document.querySelector(".skip").addEventListener("click", jump);
addEventListener("beforeprint", openEverything);
addEventListener("hashchange", () => {
  if (location.hash === "" || location.hash.includes("=")) obey();
});

$("app").hidden = false;
$("tools").hidden = false;
$("rest").hidden = !changes.length;
obey();
