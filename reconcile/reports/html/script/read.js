// The plan, as reports/html/data.py wrote it: tables, and changes that have positions in them.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const report = read("report-data");
const texts = read("report-texts");

const changes = report.changes.map((row) => {
  const change = Object.fromEntries(report.columns.map((column, at) => [column, row[at]]));
  change.units = report.variants[change.variant];
  return change;
});
const isDelete = (change) => change.action === "delete";

// Changes by what a function says of them, in the order in which it is first said.
function groupBy(items, key) {
  const groups = new Map();
  for (const item of items) {
    const name = key(item);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(item);
  }
  return groups;
}
