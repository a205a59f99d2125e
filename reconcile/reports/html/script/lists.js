// Lists that grow or shrink: managers, blacklists and the like, entry by entry, over all sites that are changed.

function drawLists(section, some) {
  const units = unitsOf(some.filter((change) => change.action === "update")).filter((unit) => unit.field.type === "set" || unit.field.type === "items");
  section.hidden = !units.length;
  section.querySelector(".cards").replaceChildren(...units.map(listCard));
  return units.length;
}

function listCard({ field, variants }) {
  const entries = new Map(); // sign and entry → [sign, text, number of sites]
  let moved = 0;
  for (const { before, after, changes: of } of variants) {
    const found = compared(Array.isArray(before) ? before : [], Array.isArray(after) ? after : []);
    if (found.moved) moved += of.length;
    for (const [how, which] of [["come", found.come], ["gone", found.gone]]) {
      for (const entry of which) {
        const key = how + same(entry);
        if (!entries.has(key)) entries.set(key, [how, valueText(entry), 0]);
        entries.get(key)[2] += of.length;
      }
    }
  }
  const rows = [...entries.values()].sort((a, b) => b[2] - a[2]);
  const number = (how) => rows.filter((row) => row[0] === how).length;
  const sites = variants.reduce((sum, variant) => sum + variant.changes.length, 0);
  return node(
    "div",
    { class: "card" },
    node("h3", {}, word(fieldLabel(field))),
    node("p", { class: "quiet" }, say("list_sum", { come: number("come"), gone: number("gone"), sites: counted(sites, "site") })),
    moved ? node("p", {}, say("list_moved", { sites: counted(moved, "site") })) : null,
    paged(
      node("ul", { class: "entries" }),
      rows,
      ([how, text, n]) => {
        const [sign, tag] = MARKS[how];
        return node("li", {}, node(tag, { class: how }, `${sign} `, word(text)), sites > 1 ? node("span", { class: "quiet" }, ` ${say("on", { sites: counted(n, "site") })}`) : null);
      },
      12,
    ),
  );
}
