// Sorts a table by the column whose heading is clicked: numbers by value, text by letters, empty cells last.
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => heading.addEventListener("click", () => {
    const order = heading.dataset.order === "ascending" ? "descending" : "ascending";
    headings.forEach((other) => delete other.dataset.order);
    heading.dataset.order = order;
    const key = (row) => {
      const cell = row.cells[column];
      return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
    };
    const compare = (first, second) => {
      const [a, b] = [key(first), key(second)];
      if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
      const sign = order === "ascending" ? 1 : -1;
      return sign * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
    };
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort(compare));
  }));
}
