// Changes side by side: identical ones of many sites are one block, with the sites behind it.

const SIGNS = { create: "+", update: "~", delete: "−" };
const NAMED = 6; // names in a heading
const VARIANTS = 4; // different values of a field that are shown before they are folded away

function drawBlocks(container, some) {
  const blocks = [...groupBy(some, (change) => change.block).values()];
  container.replaceChildren();
  container.append(...paged(node("div", { class: "pages" }), blocks, drawBlock, 40));
}

function drawBlock(block) {
  const first = block[0];
  const id = `block-${first.block}`;
  return node(
    "article",
    { class: `block ${first.action}`, "aria-labelledby": id },
    node(
      "h3",
      { id },
      node("span", { class: "badge" }, node("span", { "aria-hidden": "true" }, `${SIGNS[first.action]} `), say(`action_${first.action}`)),
      " ",
      blockTitle(block),
    ),
    blockFacts(block),
    isDelete(first) ? null : fieldTable(block),
    blockSites(block),
  );
}

const nameOfChange = (change) => (change.kind === "profile" ? say("profile") : change.name);

function blockTitle(block) {
  if (block.length === 1) return word(nameOfChange(block[0]));
  const ends = new Set(block.map((change) => same(change.units.map(([field, , after]) => [field, after])))).size;
  const text = countedChanges(block);
  if (isDelete(block[0])) return text;
  return ends === 1 ? say("same_on", { what: text }) : text;
}

// Whose it is and why, as far as all of the block have it.
function blockFacts(block) {
  const facts = [];
  const add = (label, values, shown = (value) => word(nameOf(value))) => {
    const all = [...new Set(values)].filter((value) => value !== null);
    if (!all.length) return;
    const rest = all.length > 3 ? [" ", say("and_more", { n: all.length - 2 })] : [];
    const few = rest.length ? all.slice(0, 2) : all;
    facts.push(node("div", {}, node("dt", {}, label), " ", node("dd", {}, few.map((value, at) => [at ? ", " : "", shown(value)]), rest)));
  };
  add(say("by_account"), block.map((change) => change.account));
  if (block[0].kind !== "client") add(say("by_client"), block.map((change) => change.client));
  add(say("by_group"), block.map((change) => change.group));
  if (block.length === 1) add("id", block.map((change) => change.id), String);
  add(say("together"), block.map((change) => change.together), word);
  add(say("reason"), block.map((change) => change.reason), (value) => reasonText(nameOf(value)));
  return node("dl", { class: "facts" }, facts);
}

// --- fields -------------------------------------------------------------------------------------------------------------

function fieldTable(block, label = null) {
  const created = block[0].action === "create";
  const units = unitsOf(block);
  if (!units.length) return node("p", { class: "quiet" }, say("no_fields"));
  const varied = units.some((unit) => unit.variants.length > 1 || unit.variants[0].changes.length < block.length);
  const heads = [say("field"), ...(created ? [say("value")] : [say("before"), say("after")]), ...(varied ? [say("where")] : [])];
  const table = node(
    "table",
    { role: "table", class: `fields${created ? " created" : ""}` },
    node("caption", { class: "hidden" }, label || say("table_caption")),
    node("thead", { role: "rowgroup" }, node("tr", { role: "row" }, heads.map((text) => node("th", { scope: "col", role: "columnheader" }, text)))),
  );
  for (const unit of units) table.append(unitRows(unit, block, created, varied));
  return table;
}

// Roles are said, since a table that is laid out as blocks on a phone is none to a screen reader otherwise.
function unitRows(unit, block, created, varied) {
  const few = unit.variants.length > VARIANTS ? unit.variants.slice(0, VARIANTS - 1) : unit.variants;
  const rest = unit.variants.slice(few.length);
  const body = node("tbody", { role: "rowgroup" });
  few.forEach((variant, at) => {
    const [before, after] = sides(unit.field, variant, created);
    const row = node("tr", { role: "row" });
    if (!at) row.append(node("th", { scope: "rowgroup", role: "rowheader", rowspan: few.length + (rest.length ? 1 : 0) }, fieldName(unit.field)));
    if (!created) row.append(node("td", { role: "cell", class: "before", "data-column": say("before") }, before));
    row.append(node("td", { role: "cell", class: "after", "data-column": say(created ? "value" : "after") }, after));
    if (varied) row.append(node("td", { role: "cell", class: "where", "data-column": say("where") }, whereOf(variant, block)));
    body.append(row);
  });
  if (rest.length) {
    const sites = rest.reduce((sum, variant) => sum + variant.changes.length, 0);
    const text = say("other_values", { n: rest.length, sites: counted(sites, block[0].kind) });
    body.append(node("tr", { role: "row" }, node("td", { role: "cell", colspan: created ? 2 : 3, class: "quiet" }, text)));
  }
  return body;
}

function whereOf(variant, block) {
  if (variant.changes.length === block.length) return say("everywhere");
  return variant.changes.length === 1 ? word(variant.changes[0].name) : counted(variant.changes.length, block[0].kind);
}

function fieldName(field) {
  const label = fieldLabel(field);
  return [
    node("span", { class: "label" }, word(label)),
    label === field.path ? null : node("code", {}, word(field.path)),
    field.money ? node("span", { class: "note" }, say("money")) : null,
    field.undocumented ? node("span", { class: "note" }, say("undocumented")) : null,
  ];
}

// --- the sites behind a block -----------------------------------------------------------------------------------------------

function blockSites(block) {
  if (block.length === 1) return null;
  const variants = [...groupBy(block, (change) => change.variant).values()];
  const made = [];
  if (isDelete(block[0]) || block.length <= NAMED) made.push(siteList(block));
  else made.push(lazy(say("which", { what: countedChanges(block) }), () => node("div", {}, siteList(block))));
  if (variants.length > 1) {
    made.push(
      lazy(say("one_by_one"), () => node("div", { class: "ones" }, paged(node("div", {}), variants, oneByOne, 50))),
    );
  }
  return made;
}

function oneByOne(same) {
  const title = same.length === 1 ? word(nameOfChange(same[0])) : countedChanges(same);
  return node("section", { class: "one" }, node("h4", {}, title), fieldTable(same), same.length > 1 ? siteList(same) : null);
}

function siteList(some) {
  const list = node("ul", { class: "sites" });
  return paged(
    list,
    some,
    (change) => {
      const about = [
        isDelete(change) && change.id !== null ? `id ${change.id}` : "",
        isDelete(change) && change.client !== null ? say("of_client", { name: nameOf(change.client) }) : "",
      ].filter(Boolean);
      return node("li", {}, word(nameOfChange(change)), about.length ? node("span", { class: "quiet" }, ` ${about.join(", ")}`) : null);
    },
    500,
  );
}
