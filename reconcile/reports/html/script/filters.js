// Filters: what of the plan is shown. They combine, and stand in the address after `#`, so that a view can be passed on.

const FACETS = ["account", "client", "group", "action", "field"];
const chosen = {}; // facet → name, "" for none; not there: all

const nameOf = (number) => (number === null ? "" : report.names[number]);
for (const change of changes) {
  change.sought = `${change.name} ${inLatin(change.name)}`.toLowerCase();
  change.names = {
    account: [nameOf(change.account)],
    client: [nameOf(change.client)],
    group: [nameOf(change.group)],
    action: [change.action],
    field: [...new Set(change.units.map(([field]) => report.fields[field].path))],
  };
}

// An address as the services spell it, in which it may be searched, too: `xn--80aswg.xn--p1ai`.
function inLatin(name) {
  try {
    return /[^\x00-\x7f]/.test(name) ? new URL(`https:${name}`).hostname : "";
  } catch {
    return ""; // no address
  }
}

function matches(change, without) {
  for (const facet of FACETS) {
    if (facet !== without && facet in chosen && !change.names[facet].includes(chosen[facet])) return false;
  }
  return !chosen.search || change.sought.includes(chosen.search.toLowerCase());
}
const matching = () => changes.filter((change) => matches(change));

// How many changes there are of each name, were only the other filters on.
function countsOf(facet) {
  const counts = new Map(known[facet].map((name) => [name, 0]));
  let all = 0;
  for (const change of changes) {
    if (!matches(change, facet)) continue;
    all += 1;
    for (const name of change.names[facet]) counts.set(name, counts.get(name) + 1);
  }
  return [all, counts];
}

const ACTIONS = ["delete", "create", "update"];
const known = Object.fromEntries(FACETS.map((facet) => [facet, [...new Set(changes.flatMap((change) => change.names[facet]))]]));
for (const facet of ["account", "client", "group"]) known[facet].sort();
known.action.sort((a, b) => ACTIONS.indexOf(a) - ACTIONS.indexOf(b));

// --- in the address -------------------------------------------------------------------------------------------------------

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const facet of FACETS) {
    delete chosen[facet];
    if (given.has(facet) && known[facet].includes(given.get(facet))) chosen[facet] = given.get(facet);
  }
  chosen.search = given.get("search") || "";
  return given;
}

function writeAddress(more) {
  const written = new URLSearchParams();
  for (const facet of FACETS) if (facet in chosen) written.set(facet, chosen[facet]);
  if (chosen.search) written.set("search", chosen.search);
  for (const [name, value] of Object.entries(more)) if (value) written.set(name, value);
  try {
    history.replaceState(null, "", `#${written}`);
  } catch {
    // A frame without an address of its own: the filters work, and can't be passed on.
  }
}

// --- on the page ------------------------------------------------------------------------------------------------------------

function choose(facet, name) {
  if (name === undefined) delete chosen[facet];
  else chosen[facet] = name;
}

function facetLabel(facet, name) {
  if (facet === "action") return say(`action_${name}`);
  if (facet === "field") return name;
  return name || say(`no_${facet}`);
}

// The controls, made once for a language; their numbers follow.
function drawFacets(changed) {
  const selects = FACETS.filter((facet) => known[facet].length).map((facet) => {
    const select = node("select", {
      id: `facet-${facet}`,
      change: () => {
        choose(facet, select.value ? select.value.slice(1) : undefined);
        changed();
      },
    });
    select.append(node("option", { value: "" }), ...known[facet].map((name) => node("option", { value: `=${name}` })));
    return node("div", { class: "facet" }, node("label", { for: select.id }, say(`by_${facet}`)), select);
  });
  const search = node("input", {
    type: "search",
    id: "facet-search",
    autocomplete: "off",
    spellcheck: "false",
    input: () => {
      chosen.search = search.value.trim();
      changed();
    },
  });
  selects.push(node("div", { class: "facet" }, node("label", { for: search.id }, say("by_search")), search));
  document.getElementById("facets").replaceChildren(...selects);
}

function countFacets(shown) {
  for (const facet of FACETS) {
    const select = document.getElementById(`facet-${facet}`);
    if (!select) continue;
    const [all, counts] = countsOf(facet);
    select.options[0].textContent = say("all", { n: all });
    known[facet].forEach((name, at) => {
      const option = select.options[at + 1];
      option.textContent = say("option", { name: facetLabel(facet, name), n: counts.get(name) });
      option.disabled = !counts.get(name) && chosen[facet] !== name;
    });
    select.value = facet in chosen ? `=${chosen[facet]}` : "";
  }
  const search = document.getElementById("facet-search");
  if (search.value.trim() !== chosen.search) search.value = chosen.search;
  const on = FACETS.some((facet) => facet in chosen) || chosen.search;
  const text = on ? say("shown", { n: shown.length, of: changes.length }) : say("shown_all", { n: changes.length });
  const count = document.getElementById("count");
  if (count.textContent !== text) count.textContent = text;
  document.getElementById("reset").hidden = !on;
}
